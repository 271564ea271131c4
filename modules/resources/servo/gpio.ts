/**
 * `servo`/`gpio`: a hobby servo on a PWM pin of the board. Attributes as the peers have them: `board`, `pin`,
 * `min_angle_deg` 0, `max_angle_deg` 180, `min_width_us` 500, `max_width_us` 2,500, `frequency_hz` 300,
 * `starting_position_deg`.
 */

import type { Board, Servo } from '../apis';
import { type DriverContext, required } from '../driver';
import { type Source, sourceOf, unsupported } from '../source';

interface Travel {
  minimumAngle: number;
  maximumAngle: number;
  minimumWidth: number;
  maximumWidth: number;
  hertz: number;
}

export default function build(context: DriverContext): Servo {
  const { attributes } = context;
  const pin = required(attributes.requiredString('pin'));
  const angle = { minimum: 0, maximum: 360, whole: true };
  const width = { minimum: 1, maximum: 20_000, whole: true };
  const travel: Travel = {
    minimumAngle: attributes.number('min_angle_deg', angle) ?? 0,
    maximumAngle: attributes.number('max_angle_deg', angle) ?? 180,
    minimumWidth: attributes.number('min_width_us', width) ?? 500,
    maximumWidth: attributes.number('max_width_us', width) ?? 2500,
    hertz: attributes.number('frequency_hz', { minimum: 65, maximum: 450, whole: true }) ?? 300,
  };
  // micro-rdk's: the duty has the board's 10 bits here.
  attributes.raw('pwm_resolution');
  const start = attributes.number('starting_position_deg', angle);
  if (travel.maximumAngle <= travel.minimumAngle)
    required(attributes.error('out-of-range', 'max_angle_deg', 'must be above min_angle_deg'));
  if (travel.maximumWidth <= travel.minimumWidth || travel.maximumWidth * travel.hertz > 1_000_000)
    required(
      attributes.error('out-of-range', 'max_width_us', 'must be above min_width_us and within a period'),
    );
  const board = context.board();
  board.setPwmFrequency(pin, travel.hertz);
  const servo = new GpioServo(board, pin, travel);
  if (start !== undefined) servo.move(start);
  return servo;
}

class GpioServo implements Servo {
  private readonly board: Board;
  private readonly pin: string;
  private readonly travel: Travel;
  private degrees: number;

  constructor(board: Board, pin: string, travel: Travel) {
    this.board = board;
    this.pin = pin;
    this.travel = travel;
    this.degrees = travel.minimumAngle;
  }

  source(method: string): Source {
    return method === 'Position' ? sourceOf('integer', this) : unsupported(method, 'servo/gpio');
  }

  read(): number {
    return this.degrees;
  }

  move(degrees: number): void {
    const { minimumAngle, maximumAngle, minimumWidth, maximumWidth, hertz } = this.travel;
    const angle = Math.max(minimumAngle, Math.min(maximumAngle, Math.round(degrees)));
    if (!Number.isFinite(angle)) throw new RangeError(`degrees must be a number, not ${degrees}`);
    const share = (angle - minimumAngle) / (maximumAngle - minimumAngle);
    const width = minimumWidth + share * (maximumWidth - minimumWidth);
    this.board.setPwmDuty(this.pin, (width * hertz) / 1_000_000);
    this.degrees = angle;
  }

  /** Where it was last moved to: a servo does not say where it is. */
  position(): number {
    return this.degrees;
  }

  stop(): void {
    this.board.setPwmDuty(this.pin, 0);
  }

  close(): void {
    this.board.setPwmFrequency(this.pin, 0);
  }
}

declare module 'bench/program' {
  export default function prepare(): Record<string, (count: number) => void>;
}

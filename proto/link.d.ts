// Generated from proto/link.proto by `npm run generate`; the protobufjs runtime is BSD-3-Clause.
export interface Writer {
  finish(): Uint8Array<ArrayBuffer>;
}
export interface Reader {
  pos: number;
  len: number;
  discardUnknown: boolean;
}
export declare const Reader: { create(bytes: Uint8Array): Reader };
declare namespace $protobuf {
  export { Reader, Writer };
}

export import link = sluice.link;

/** Namespace sluice. */
export namespace sluice {

    /** Namespace link. */
    namespace link {

        /**
         * Properties of an Envelope.
         * @deprecated Use sluice.link.Envelope.$Properties instead.
         */
        interface IEnvelope extends sluice.link.Envelope.$Properties {
        }

        /** Represents an Envelope. */
        class Envelope {

            /**
             * Constructs a new Envelope.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Envelope.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Envelope blocks. */
            blocks: Uint8Array[];

            /** Envelope gaps. */
            gaps: sluice.link.Gap.$Properties[];

            /** Envelope acknowledgements. */
            acknowledgements: sluice.link.Acknowledgement.$Properties[];

            /** Envelope hello. */
            hello?: (sluice.link.Hello.$Properties|null);

            /** Envelope challenge. */
            challenge?: (sluice.link.Challenge.$Properties|null);

            /** Envelope proof. */
            proof?: (sluice.link.Proof.$Properties|null);

            /** Envelope welcome. */
            welcome?: (sluice.link.Welcome.$Properties|null);

            /** Envelope begin. */
            begin?: (sluice.link.Begin.$Properties|null);

            /** Envelope resume. */
            resume?: (sluice.link.Resume.$Properties|null);

            /** Envelope streams. */
            streams: sluice.link.StreamDeclaration.$Properties[];

            /** Envelope configuration. */
            configuration?: (sluice.link.Configuration.$Properties|null);

            /** Envelope configurationResult. */
            configurationResult?: (sluice.link.ConfigurationResult.$Properties|null);

            /** Envelope clock. */
            clock?: (sluice.link.Clock.$Properties|null);

            /** Envelope clockRequest. */
            clockRequest?: (sluice.link.ClockRequest.$Properties|null);

            /** Envelope clockAnswer. */
            clockAnswer?: (sluice.link.ClockAnswer.$Properties|null);

            /** Envelope call. */
            call?: (sluice.link.Call.$Properties|null);

            /** Envelope answer. */
            answer?: (sluice.link.Answer.$Properties|null);

            /** Envelope status. */
            status?: (sluice.link.Status.$Properties|null);

            /** Envelope drain. */
            drain?: (sluice.link.Drain.$Properties|null);

            /** Envelope refusal. */
            refusal?: (sluice.link.Refusal.$Properties|null);

            /** Envelope taken. */
            taken: number;

            /**
             * Encodes the specified Envelope message. Does not implicitly {@link sluice.link.Envelope.verify|verify} messages.
             * @param message Envelope message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Envelope.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Envelope message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Envelope & sluice.link.Envelope.$Shape} Envelope
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Envelope & sluice.link.Envelope.$Shape;
        }

        namespace Envelope {

            /** Properties of an Envelope. */
            interface $Properties {

                /** Envelope blocks */
                blocks?: (Uint8Array[]|null);

                /** Envelope gaps */
                gaps?: (sluice.link.Gap.$Properties[]|null);

                /** Envelope acknowledgements */
                acknowledgements?: (sluice.link.Acknowledgement.$Properties[]|null);

                /** Envelope hello */
                hello?: (sluice.link.Hello.$Properties|null);

                /** Envelope challenge */
                challenge?: (sluice.link.Challenge.$Properties|null);

                /** Envelope proof */
                proof?: (sluice.link.Proof.$Properties|null);

                /** Envelope welcome */
                welcome?: (sluice.link.Welcome.$Properties|null);

                /** Envelope begin */
                begin?: (sluice.link.Begin.$Properties|null);

                /** Envelope resume */
                resume?: (sluice.link.Resume.$Properties|null);

                /** Envelope streams */
                streams?: (sluice.link.StreamDeclaration.$Properties[]|null);

                /** Envelope configuration */
                configuration?: (sluice.link.Configuration.$Properties|null);

                /** Envelope configurationResult */
                configurationResult?: (sluice.link.ConfigurationResult.$Properties|null);

                /** Envelope clock */
                clock?: (sluice.link.Clock.$Properties|null);

                /** Envelope clockRequest */
                clockRequest?: (sluice.link.ClockRequest.$Properties|null);

                /** Envelope clockAnswer */
                clockAnswer?: (sluice.link.ClockAnswer.$Properties|null);

                /** Envelope call */
                call?: (sluice.link.Call.$Properties|null);

                /** Envelope answer */
                answer?: (sluice.link.Answer.$Properties|null);

                /** Envelope status */
                status?: (sluice.link.Status.$Properties|null);

                /** Envelope drain */
                drain?: (sluice.link.Drain.$Properties|null);

                /** Envelope refusal */
                refusal?: (sluice.link.Refusal.$Properties|null);

                /** Envelope taken */
                taken?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Envelope. */
            type $Shape = sluice.link.Envelope.$Properties;
        }

        /**
         * Properties of a Boot.
         * @deprecated Use sluice.link.Boot.$Properties instead.
         */
        interface IBoot extends sluice.link.Boot.$Properties {
        }

        /** Represents a Boot. */
        class Boot {

            /**
             * Constructs a new Boot.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Boot.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Boot counter. */
            counter: number;

            /** Boot random. */
            random: number;

            /**
             * Encodes the specified Boot message. Does not implicitly {@link sluice.link.Boot.verify|verify} messages.
             * @param message Boot message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Boot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Boot message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Boot & sluice.link.Boot.$Shape} Boot
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Boot & sluice.link.Boot.$Shape;
        }

        namespace Boot {

            /** Properties of a Boot. */
            interface $Properties {

                /** Boot counter */
                counter?: (number|null);

                /** Boot random */
                random?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Boot. */
            type $Shape = sluice.link.Boot.$Properties;
        }

        /**
         * Properties of a Gap.
         * @deprecated Use sluice.link.Gap.$Properties instead.
         */
        interface IGap extends sluice.link.Gap.$Properties {
        }

        /** Represents a Gap. */
        class Gap {

            /**
             * Constructs a new Gap.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Gap.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Gap stream. */
            stream: number;

            /** Gap next. */
            next: number;

            /** Gap boot. */
            boot?: (sluice.link.Boot.$Properties|null);

            /**
             * Encodes the specified Gap message. Does not implicitly {@link sluice.link.Gap.verify|verify} messages.
             * @param message Gap message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Gap.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Gap message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Gap & sluice.link.Gap.$Shape} Gap
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Gap & sluice.link.Gap.$Shape;
        }

        namespace Gap {

            /** Properties of a Gap. */
            interface $Properties {

                /** Gap stream */
                stream?: (number|null);

                /** Gap next */
                next?: (number|null);

                /** Gap boot */
                boot?: (sluice.link.Boot.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Gap. */
            type $Shape = sluice.link.Gap.$Properties;
        }

        /**
         * Properties of an Acknowledgement.
         * @deprecated Use sluice.link.Acknowledgement.$Properties instead.
         */
        interface IAcknowledgement extends sluice.link.Acknowledgement.$Properties {
        }

        /** Represents an Acknowledgement. */
        class Acknowledgement {

            /**
             * Constructs a new Acknowledgement.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Acknowledgement.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Acknowledgement stream. */
            stream: number;

            /** Acknowledgement next. */
            next: number;

            /** Acknowledgement boot. */
            boot?: (sluice.link.Boot.$Properties|null);

            /**
             * Encodes the specified Acknowledgement message. Does not implicitly {@link sluice.link.Acknowledgement.verify|verify} messages.
             * @param message Acknowledgement message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Acknowledgement.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Acknowledgement message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Acknowledgement & sluice.link.Acknowledgement.$Shape} Acknowledgement
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Acknowledgement & sluice.link.Acknowledgement.$Shape;
        }

        namespace Acknowledgement {

            /** Properties of an Acknowledgement. */
            interface $Properties {

                /** Acknowledgement stream */
                stream?: (number|null);

                /** Acknowledgement next */
                next?: (number|null);

                /** Acknowledgement boot */
                boot?: (sluice.link.Boot.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Acknowledgement. */
            type $Shape = sluice.link.Acknowledgement.$Properties;
        }

        /**
         * Properties of a Hello.
         * @deprecated Use sluice.link.Hello.$Properties instead.
         */
        interface IHello extends sluice.link.Hello.$Properties {
        }

        /** Represents a Hello. */
        class Hello {

            /**
             * Constructs a new Hello.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Hello.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Hello protocol. */
            protocol: number;

            /** Hello part. */
            part: string;

            /** Hello boot. */
            boot?: (sluice.link.Boot.$Properties|null);

            /** Hello nonce. */
            nonce: Uint8Array;

            /** Hello receives. */
            receives: number;

            /**
             * Encodes the specified Hello message. Does not implicitly {@link sluice.link.Hello.verify|verify} messages.
             * @param message Hello message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Hello message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Hello & sluice.link.Hello.$Shape} Hello
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Hello & sluice.link.Hello.$Shape;
        }

        namespace Hello {

            /** Properties of a Hello. */
            interface $Properties {

                /** Hello protocol */
                protocol?: (number|null);

                /** Hello part */
                part?: (string|null);

                /** Hello boot */
                boot?: (sluice.link.Boot.$Properties|null);

                /** Hello nonce */
                nonce?: (Uint8Array|null);

                /** Hello receives */
                receives?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Hello. */
            type $Shape = sluice.link.Hello.$Properties;
        }

        /**
         * Properties of a Challenge.
         * @deprecated Use sluice.link.Challenge.$Properties instead.
         */
        interface IChallenge extends sluice.link.Challenge.$Properties {
        }

        /** Represents a Challenge. */
        class Challenge {

            /**
             * Constructs a new Challenge.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Challenge.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Challenge protocol. */
            protocol: number;

            /** Challenge nonce. */
            nonce: Uint8Array;

            /**
             * Encodes the specified Challenge message. Does not implicitly {@link sluice.link.Challenge.verify|verify} messages.
             * @param message Challenge message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Challenge.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Challenge message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Challenge & sluice.link.Challenge.$Shape} Challenge
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Challenge & sluice.link.Challenge.$Shape;
        }

        namespace Challenge {

            /** Properties of a Challenge. */
            interface $Properties {

                /** Challenge protocol */
                protocol?: (number|null);

                /** Challenge nonce */
                nonce?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Challenge. */
            type $Shape = sluice.link.Challenge.$Properties;
        }

        /**
         * Properties of a Proof.
         * @deprecated Use sluice.link.Proof.$Properties instead.
         */
        interface IProof extends sluice.link.Proof.$Properties {
        }

        /** Represents a Proof. */
        class Proof {

            /**
             * Constructs a new Proof.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Proof.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Proof proof. */
            proof: Uint8Array;

            /** Proof monotonic. */
            monotonic: number;

            /**
             * Encodes the specified Proof message. Does not implicitly {@link sluice.link.Proof.verify|verify} messages.
             * @param message Proof message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Proof.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Proof message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Proof & sluice.link.Proof.$Shape} Proof
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Proof & sluice.link.Proof.$Shape;
        }

        namespace Proof {

            /** Properties of a Proof. */
            interface $Properties {

                /** Proof proof */
                proof?: (Uint8Array|null);

                /** Proof monotonic */
                monotonic?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Proof. */
            type $Shape = sluice.link.Proof.$Properties;
        }

        /**
         * Properties of a Welcome.
         * @deprecated Use sluice.link.Welcome.$Properties instead.
         */
        interface IWelcome extends sluice.link.Welcome.$Properties {
        }

        /** Represents a Welcome. */
        class Welcome {

            /**
             * Constructs a new Welcome.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Welcome.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Welcome proof. */
            proof: Uint8Array;

            /** Welcome monotonic. */
            monotonic: number;

            /** Welcome wall. */
            wall: number;

            /** Welcome window. */
            window: number;

            /** Welcome message. */
            message: number;

            /**
             * Encodes the specified Welcome message. Does not implicitly {@link sluice.link.Welcome.verify|verify} messages.
             * @param message Welcome message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Welcome.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Welcome message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Welcome & sluice.link.Welcome.$Shape} Welcome
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Welcome & sluice.link.Welcome.$Shape;
        }

        namespace Welcome {

            /** Properties of a Welcome. */
            interface $Properties {

                /** Welcome proof */
                proof?: (Uint8Array|null);

                /** Welcome monotonic */
                monotonic?: (number|null);

                /** Welcome wall */
                wall?: (number|null);

                /** Welcome window */
                window?: (number|null);

                /** Welcome message */
                message?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Welcome. */
            type $Shape = sluice.link.Welcome.$Properties;
        }

        /**
         * Properties of a Begin.
         * @deprecated Use sluice.link.Begin.$Properties instead.
         */
        interface IBegin extends sluice.link.Begin.$Properties {
        }

        /** Represents a Begin. */
        class Begin {

            /**
             * Constructs a new Begin.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Begin.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Begin firmware. */
            firmware: string;

            /** Begin chip. */
            chip: string;

            /** Begin resetReason. */
            resetReason: string;

            /** Begin configurationRevision. */
            configurationRevision: string;

            /** Begin retained. */
            retained: sluice.link.Boot.$Properties[];

            /** Begin clock. */
            clock?: (sluice.link.Clock.$Properties|null);

            /** Begin previousUptime. */
            previousUptime: number;

            /**
             * Encodes the specified Begin message. Does not implicitly {@link sluice.link.Begin.verify|verify} messages.
             * @param message Begin message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Begin.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Begin message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Begin & sluice.link.Begin.$Shape} Begin
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Begin & sluice.link.Begin.$Shape;
        }

        namespace Begin {

            /** Properties of a Begin. */
            interface $Properties {

                /** Begin firmware */
                firmware?: (string|null);

                /** Begin chip */
                chip?: (string|null);

                /** Begin resetReason */
                resetReason?: (string|null);

                /** Begin configurationRevision */
                configurationRevision?: (string|null);

                /** Begin retained */
                retained?: (sluice.link.Boot.$Properties[]|null);

                /** Begin clock */
                clock?: (sluice.link.Clock.$Properties|null);

                /** Begin previousUptime */
                previousUptime?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Begin. */
            type $Shape = sluice.link.Begin.$Properties;
        }

        /**
         * Properties of a Resume.
         * @deprecated Use sluice.link.Resume.$Properties instead.
         */
        interface IResume extends sluice.link.Resume.$Properties {
        }

        /** Represents a Resume. */
        class Resume {

            /**
             * Constructs a new Resume.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Resume.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Resume positions. */
            positions: sluice.link.Acknowledgement.$Properties[];

            /**
             * Encodes the specified Resume message. Does not implicitly {@link sluice.link.Resume.verify|verify} messages.
             * @param message Resume message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Resume.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Resume message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Resume & sluice.link.Resume.$Shape} Resume
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Resume & sluice.link.Resume.$Shape;
        }

        namespace Resume {

            /** Properties of a Resume. */
            interface $Properties {

                /** Resume positions */
                positions?: (sluice.link.Acknowledgement.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Resume. */
            type $Shape = sluice.link.Resume.$Properties;
        }

        /**
         * Properties of a StreamDeclaration.
         * @deprecated Use sluice.link.StreamDeclaration.$Properties instead.
         */
        interface IStreamDeclaration extends sluice.link.StreamDeclaration.$Properties {
        }

        /** Represents a StreamDeclaration. */
        class StreamDeclaration {

            /**
             * Constructs a new StreamDeclaration.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.StreamDeclaration.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** StreamDeclaration number. */
            number: number;

            /** StreamDeclaration boot. */
            boot?: (sluice.link.Boot.$Properties|null);

            /** StreamDeclaration owner. */
            owner: sluice.link.StreamDeclaration.Owner;

            /** StreamDeclaration resource. */
            resource: string;

            /** StreamDeclaration method. */
            method: string;

            /** StreamDeclaration parameters. */
            parameters: { [k: string]: string };

            /** StreamDeclaration tags. */
            tags: string[];

            /** StreamDeclaration retention. */
            retention?: (sluice.link.Retention.$Properties|null);

            /** StreamDeclaration range. */
            range?: (sluice.link.Range.$Properties|null);

            /** StreamDeclaration kind. */
            kind: sluice.link.StreamDeclaration.Kind;

            /** StreamDeclaration periodNumerator. */
            periodNumerator: number;

            /** StreamDeclaration periodDenominator. */
            periodDenominator: number;

            /** StreamDeclaration clock. */
            clock?: (sluice.link.Clock.$Properties|null);

            /**
             * Encodes the specified StreamDeclaration message. Does not implicitly {@link sluice.link.StreamDeclaration.verify|verify} messages.
             * @param message StreamDeclaration message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.StreamDeclaration.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a StreamDeclaration message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.StreamDeclaration & sluice.link.StreamDeclaration.$Shape} StreamDeclaration
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.StreamDeclaration & sluice.link.StreamDeclaration.$Shape;
        }

        namespace StreamDeclaration {

            /** Properties of a StreamDeclaration. */
            interface $Properties {

                /** StreamDeclaration number */
                number?: (number|null);

                /** StreamDeclaration boot */
                boot?: (sluice.link.Boot.$Properties|null);

                /** StreamDeclaration owner */
                owner?: (sluice.link.StreamDeclaration.Owner|null);

                /** StreamDeclaration resource */
                resource?: (string|null);

                /** StreamDeclaration method */
                method?: (string|null);

                /** StreamDeclaration parameters */
                parameters?: ({ [k: string]: string }|null);

                /** StreamDeclaration tags */
                tags?: (string[]|null);

                /** StreamDeclaration retention */
                retention?: (sluice.link.Retention.$Properties|null);

                /** StreamDeclaration range */
                range?: (sluice.link.Range.$Properties|null);

                /** StreamDeclaration kind */
                kind?: (sluice.link.StreamDeclaration.Kind|null);

                /** StreamDeclaration periodNumerator */
                periodNumerator?: (number|null);

                /** StreamDeclaration periodDenominator */
                periodDenominator?: (number|null);

                /** StreamDeclaration clock */
                clock?: (sluice.link.Clock.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a StreamDeclaration. */
            type $Shape = sluice.link.StreamDeclaration.$Properties;

            /** Owner enum. */
            enum Owner {

                /** PART value */
                PART = 0,

                /** MAIN value */
                MAIN = 1
            }

            /** Kind enum. */
            enum Kind {

                /** INTEGER value */
                INTEGER = 0,

                /** BOOLEAN value */
                BOOLEAN = 1,

                /** DOUBLE value */
                DOUBLE = 2,

                /** RECORD value */
                RECORD = 3
            }
        }

        /**
         * Properties of a Retention.
         * @deprecated Use sluice.link.Retention.$Properties instead.
         */
        interface IRetention extends sluice.link.Retention.$Properties {
        }

        /** Represents a Retention. */
        class Retention {

            /**
             * Constructs a new Retention.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Retention.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Retention days. */
            days: number;

            /** Retention binaryLimitGb. */
            binaryLimitGb: number;

            /** Retention tabularLimitGb. */
            tabularLimitGb: number;

            /**
             * Encodes the specified Retention message. Does not implicitly {@link sluice.link.Retention.verify|verify} messages.
             * @param message Retention message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Retention.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Retention message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Retention & sluice.link.Retention.$Shape} Retention
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Retention & sluice.link.Retention.$Shape;
        }

        namespace Retention {

            /** Properties of a Retention. */
            interface $Properties {

                /** Retention days */
                days?: (number|null);

                /** Retention binaryLimitGb */
                binaryLimitGb?: (number|null);

                /** Retention tabularLimitGb */
                tabularLimitGb?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Retention. */
            type $Shape = sluice.link.Retention.$Properties;
        }

        /**
         * Properties of a Range.
         * @deprecated Use sluice.link.Range.$Properties instead.
         */
        interface IRange extends sluice.link.Range.$Properties {
        }

        /** Represents a Range. */
        class Range {

            /**
             * Constructs a new Range.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Range.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Range min. */
            min: number;

            /** Range max. */
            max: number;

            /** Range step. */
            step: number;

            /** Range unit. */
            unit: string;

            /**
             * Encodes the specified Range message. Does not implicitly {@link sluice.link.Range.verify|verify} messages.
             * @param message Range message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Range.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Range message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Range & sluice.link.Range.$Shape} Range
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Range & sluice.link.Range.$Shape;
        }

        namespace Range {

            /** Properties of a Range. */
            interface $Properties {

                /** Range min */
                min?: (number|null);

                /** Range max */
                max?: (number|null);

                /** Range step */
                step?: (number|null);

                /** Range unit */
                unit?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Range. */
            type $Shape = sluice.link.Range.$Properties;
        }

        /**
         * Properties of a Configuration.
         * @deprecated Use sluice.link.Configuration.$Properties instead.
         */
        interface IConfiguration extends sluice.link.Configuration.$Properties {
        }

        /** Represents a Configuration. */
        class Configuration {

            /**
             * Constructs a new Configuration.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Configuration.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Configuration revision. */
            revision: string;

            /** Configuration part. */
            part: string;

            /** Configuration additions. */
            additions: string;

            /**
             * Encodes the specified Configuration message. Does not implicitly {@link sluice.link.Configuration.verify|verify} messages.
             * @param message Configuration message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Configuration.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Configuration message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Configuration & sluice.link.Configuration.$Shape} Configuration
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Configuration & sluice.link.Configuration.$Shape;
        }

        namespace Configuration {

            /** Properties of a Configuration. */
            interface $Properties {

                /** Configuration revision */
                revision?: (string|null);

                /** Configuration part */
                part?: (string|null);

                /** Configuration additions */
                additions?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Configuration. */
            type $Shape = sluice.link.Configuration.$Properties;
        }

        /**
         * Properties of a ConfigurationResult.
         * @deprecated Use sluice.link.ConfigurationResult.$Properties instead.
         */
        interface IConfigurationResult extends sluice.link.ConfigurationResult.$Properties {
        }

        /** Represents a ConfigurationResult. */
        class ConfigurationResult {

            /**
             * Constructs a new ConfigurationResult.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.ConfigurationResult.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ConfigurationResult revision. */
            revision: string;

            /** ConfigurationResult applied. */
            applied: boolean;

            /** ConfigurationResult problems. */
            problems: sluice.link.Problem.$Properties[];

            /**
             * Encodes the specified ConfigurationResult message. Does not implicitly {@link sluice.link.ConfigurationResult.verify|verify} messages.
             * @param message ConfigurationResult message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.ConfigurationResult.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ConfigurationResult message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.ConfigurationResult & sluice.link.ConfigurationResult.$Shape} ConfigurationResult
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.ConfigurationResult & sluice.link.ConfigurationResult.$Shape;
        }

        namespace ConfigurationResult {

            /** Properties of a ConfigurationResult. */
            interface $Properties {

                /** ConfigurationResult revision */
                revision?: (string|null);

                /** ConfigurationResult applied */
                applied?: (boolean|null);

                /** ConfigurationResult problems */
                problems?: (sluice.link.Problem.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ConfigurationResult. */
            type $Shape = sluice.link.ConfigurationResult.$Properties;
        }

        /**
         * Properties of a Problem.
         * @deprecated Use sluice.link.Problem.$Properties instead.
         */
        interface IProblem extends sluice.link.Problem.$Properties {
        }

        /** Represents a Problem. */
        class Problem {

            /**
             * Constructs a new Problem.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Problem.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Problem error. */
            error: boolean;

            /** Problem code. */
            code: string;

            /** Problem path. */
            path: string;

            /** Problem message. */
            message: string;

            /**
             * Encodes the specified Problem message. Does not implicitly {@link sluice.link.Problem.verify|verify} messages.
             * @param message Problem message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Problem.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Problem message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Problem & sluice.link.Problem.$Shape} Problem
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Problem & sluice.link.Problem.$Shape;
        }

        namespace Problem {

            /** Properties of a Problem. */
            interface $Properties {

                /** Problem error */
                error?: (boolean|null);

                /** Problem code */
                code?: (string|null);

                /** Problem path */
                path?: (string|null);

                /** Problem message */
                message?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Problem. */
            type $Shape = sluice.link.Problem.$Properties;
        }

        /**
         * Properties of a Clock.
         * @deprecated Use sluice.link.Clock.$Properties instead.
         */
        interface IClock extends sluice.link.Clock.$Properties {
        }

        /** Represents a Clock. */
        class Clock {

            /**
             * Constructs a new Clock.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Clock.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Clock source. */
            source: sluice.link.Clock.Source;

            /** Clock offset. */
            offset: number;

            /** Clock roundTrip. */
            roundTrip: number;

            /**
             * Encodes the specified Clock message. Does not implicitly {@link sluice.link.Clock.verify|verify} messages.
             * @param message Clock message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Clock.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Clock message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Clock & sluice.link.Clock.$Shape} Clock
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Clock & sluice.link.Clock.$Shape;
        }

        namespace Clock {

            /** Properties of a Clock. */
            interface $Properties {

                /** Clock source */
                source?: (sluice.link.Clock.Source|null);

                /** Clock offset */
                offset?: (number|null);

                /** Clock roundTrip */
                roundTrip?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Clock. */
            type $Shape = sluice.link.Clock.$Properties;

            /** Source enum. */
            enum Source {

                /** UNKNOWN value */
                UNKNOWN = 0,

                /** GATEWAY value */
                GATEWAY = 1,

                /** SNTP value */
                SNTP = 2
            }
        }

        /**
         * Properties of a ClockRequest.
         * @deprecated Use sluice.link.ClockRequest.$Properties instead.
         */
        interface IClockRequest extends sluice.link.ClockRequest.$Properties {
        }

        /** Represents a ClockRequest. */
        class ClockRequest {

            /**
             * Constructs a new ClockRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.ClockRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ClockRequest monotonic. */
            monotonic: number;

            /**
             * Encodes the specified ClockRequest message. Does not implicitly {@link sluice.link.ClockRequest.verify|verify} messages.
             * @param message ClockRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.ClockRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ClockRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.ClockRequest & sluice.link.ClockRequest.$Shape} ClockRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.ClockRequest & sluice.link.ClockRequest.$Shape;
        }

        namespace ClockRequest {

            /** Properties of a ClockRequest. */
            interface $Properties {

                /** ClockRequest monotonic */
                monotonic?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ClockRequest. */
            type $Shape = sluice.link.ClockRequest.$Properties;
        }

        /**
         * Properties of a ClockAnswer.
         * @deprecated Use sluice.link.ClockAnswer.$Properties instead.
         */
        interface IClockAnswer extends sluice.link.ClockAnswer.$Properties {
        }

        /** Represents a ClockAnswer. */
        class ClockAnswer {

            /**
             * Constructs a new ClockAnswer.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.ClockAnswer.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ClockAnswer monotonic. */
            monotonic: number;

            /** ClockAnswer wall. */
            wall: number;

            /**
             * Encodes the specified ClockAnswer message. Does not implicitly {@link sluice.link.ClockAnswer.verify|verify} messages.
             * @param message ClockAnswer message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.ClockAnswer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ClockAnswer message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.ClockAnswer & sluice.link.ClockAnswer.$Shape} ClockAnswer
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.ClockAnswer & sluice.link.ClockAnswer.$Shape;
        }

        namespace ClockAnswer {

            /** Properties of a ClockAnswer. */
            interface $Properties {

                /** ClockAnswer monotonic */
                monotonic?: (number|null);

                /** ClockAnswer wall */
                wall?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ClockAnswer. */
            type $Shape = sluice.link.ClockAnswer.$Properties;
        }

        /**
         * Properties of a Call.
         * @deprecated Use sluice.link.Call.$Properties instead.
         */
        interface ICall extends sluice.link.Call.$Properties {
        }

        /** Represents a Call. */
        class Call {

            /**
             * Constructs a new Call.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Call.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Call id. */
            id: number;

            /** Call resource. */
            resource: string;

            /** Call method. */
            method: string;

            /** Call parameters. */
            parameters: string;

            /** Call deadline. */
            deadline: number;

            /**
             * Encodes the specified Call message. Does not implicitly {@link sluice.link.Call.verify|verify} messages.
             * @param message Call message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Call.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Call message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Call & sluice.link.Call.$Shape} Call
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Call & sluice.link.Call.$Shape;
        }

        namespace Call {

            /** Properties of a Call. */
            interface $Properties {

                /** Call id */
                id?: (number|null);

                /** Call resource */
                resource?: (string|null);

                /** Call method */
                method?: (string|null);

                /** Call parameters */
                parameters?: (string|null);

                /** Call deadline */
                deadline?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Call. */
            type $Shape = sluice.link.Call.$Properties;
        }

        /**
         * Properties of an Answer.
         * @deprecated Use sluice.link.Answer.$Properties instead.
         */
        interface IAnswer extends sluice.link.Answer.$Properties {
        }

        /** Represents an Answer. */
        class Answer {

            /**
             * Constructs a new Answer.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Answer.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Answer id. */
            id: number;

            /** Answer code. */
            code: string;

            /** Answer message. */
            message: string;

            /** Answer result. */
            result: string;

            /** Answer more. */
            more: boolean;

            /**
             * Encodes the specified Answer message. Does not implicitly {@link sluice.link.Answer.verify|verify} messages.
             * @param message Answer message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Answer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Answer message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Answer & sluice.link.Answer.$Shape} Answer
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Answer & sluice.link.Answer.$Shape;
        }

        namespace Answer {

            /** Properties of an Answer. */
            interface $Properties {

                /** Answer id */
                id?: (number|null);

                /** Answer code */
                code?: (string|null);

                /** Answer message */
                message?: (string|null);

                /** Answer result */
                result?: (string|null);

                /** Answer more */
                more?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Answer. */
            type $Shape = sluice.link.Answer.$Properties;
        }

        /**
         * Properties of a Status.
         * @deprecated Use sluice.link.Status.$Properties instead.
         */
        interface IStatus extends sluice.link.Status.$Properties {
        }

        /** Represents a Status. */
        class Status {

            /**
             * Constructs a new Status.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Status.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Status monotonic. */
            monotonic: number;

            /** Status streams. */
            streams: sluice.link.StreamStatus.$Properties[];

            /** Status ledger. */
            ledger: boolean;

            /** Status losses. */
            losses: sluice.link.Loss.$Properties[];

            /** Status details. */
            details: string;

            /** Status retained. */
            retained: sluice.link.Boot.$Properties[];

            /**
             * Encodes the specified Status message. Does not implicitly {@link sluice.link.Status.verify|verify} messages.
             * @param message Status message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Status.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Status message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Status & sluice.link.Status.$Shape} Status
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Status & sluice.link.Status.$Shape;
        }

        namespace Status {

            /** Properties of a Status. */
            interface $Properties {

                /** Status monotonic */
                monotonic?: (number|null);

                /** Status streams */
                streams?: (sluice.link.StreamStatus.$Properties[]|null);

                /** Status ledger */
                ledger?: (boolean|null);

                /** Status losses */
                losses?: (sluice.link.Loss.$Properties[]|null);

                /** Status details */
                details?: (string|null);

                /** Status retained */
                retained?: (sluice.link.Boot.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Status. */
            type $Shape = sluice.link.Status.$Properties;
        }

        /**
         * Properties of a StreamStatus.
         * @deprecated Use sluice.link.StreamStatus.$Properties instead.
         */
        interface IStreamStatus extends sluice.link.StreamStatus.$Properties {
        }

        /** Represents a StreamStatus. */
        class StreamStatus {

            /**
             * Constructs a new StreamStatus.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.StreamStatus.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** StreamStatus stream. */
            stream: number;

            /** StreamStatus captured. */
            captured: number;

            /** StreamStatus acknowledged. */
            acknowledged: number;

            /** StreamStatus overwritten. */
            overwritten: number;

            /** StreamStatus discarded. */
            discarded: number;

            /** StreamStatus stored. */
            stored: number;

            /** StreamStatus missed. */
            missed: number;

            /** StreamStatus late. */
            late: number;

            /** StreamStatus failed. */
            failed: number;

            /** StreamStatus refused. */
            refused: number;

            /**
             * Encodes the specified StreamStatus message. Does not implicitly {@link sluice.link.StreamStatus.verify|verify} messages.
             * @param message StreamStatus message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.StreamStatus.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a StreamStatus message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.StreamStatus & sluice.link.StreamStatus.$Shape} StreamStatus
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.StreamStatus & sluice.link.StreamStatus.$Shape;
        }

        namespace StreamStatus {

            /** Properties of a StreamStatus. */
            interface $Properties {

                /** StreamStatus stream */
                stream?: (number|null);

                /** StreamStatus captured */
                captured?: (number|null);

                /** StreamStatus acknowledged */
                acknowledged?: (number|null);

                /** StreamStatus overwritten */
                overwritten?: (number|null);

                /** StreamStatus discarded */
                discarded?: (number|null);

                /** StreamStatus stored */
                stored?: (number|null);

                /** StreamStatus missed */
                missed?: (number|null);

                /** StreamStatus late */
                late?: (number|null);

                /** StreamStatus failed */
                failed?: (number|null);

                /** StreamStatus refused */
                refused?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a StreamStatus. */
            type $Shape = sluice.link.StreamStatus.$Properties;
        }

        /**
         * Properties of a Loss.
         * @deprecated Use sluice.link.Loss.$Properties instead.
         */
        interface ILoss extends sluice.link.Loss.$Properties {
        }

        /** Represents a Loss. */
        class Loss {

            /**
             * Constructs a new Loss.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Loss.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Loss stream. */
            stream: number;

            /** Loss cause. */
            cause: string;

            /** Loss stretches. */
            stretches: number;

            /** Loss blocks. */
            blocks: number;

            /** Loss readings. */
            readings: number;

            /** Loss start. */
            start: number;

            /** Loss end. */
            end: number;

            /**
             * Encodes the specified Loss message. Does not implicitly {@link sluice.link.Loss.verify|verify} messages.
             * @param message Loss message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Loss.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Loss message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Loss & sluice.link.Loss.$Shape} Loss
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Loss & sluice.link.Loss.$Shape;
        }

        namespace Loss {

            /** Properties of a Loss. */
            interface $Properties {

                /** Loss stream */
                stream?: (number|null);

                /** Loss cause */
                cause?: (string|null);

                /** Loss stretches */
                stretches?: (number|null);

                /** Loss blocks */
                blocks?: (number|null);

                /** Loss readings */
                readings?: (number|null);

                /** Loss start */
                start?: (number|null);

                /** Loss end */
                end?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Loss. */
            type $Shape = sluice.link.Loss.$Properties;
        }

        /**
         * Properties of a Drain.
         * @deprecated Use sluice.link.Drain.$Properties instead.
         */
        interface IDrain extends sluice.link.Drain.$Properties {
        }

        /** Represents a Drain. */
        class Drain {

            /**
             * Constructs a new Drain.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Drain.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Drain reason. */
            reason: string;

            /** Drain retry. */
            retry: number;

            /**
             * Encodes the specified Drain message. Does not implicitly {@link sluice.link.Drain.verify|verify} messages.
             * @param message Drain message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Drain.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Drain message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Drain & sluice.link.Drain.$Shape} Drain
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Drain & sluice.link.Drain.$Shape;
        }

        namespace Drain {

            /** Properties of a Drain. */
            interface $Properties {

                /** Drain reason */
                reason?: (string|null);

                /** Drain retry */
                retry?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Drain. */
            type $Shape = sluice.link.Drain.$Properties;
        }

        /**
         * Properties of a Refusal.
         * @deprecated Use sluice.link.Refusal.$Properties instead.
         */
        interface IRefusal extends sluice.link.Refusal.$Properties {
        }

        /** Represents a Refusal. */
        class Refusal {

            /**
             * Constructs a new Refusal.
             * @param [properties] Properties to set
             */
            constructor(properties?: sluice.link.Refusal.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Refusal code. */
            code: string;

            /** Refusal message. */
            message: string;

            /** Refusal retry. */
            retry: number;

            /**
             * Encodes the specified Refusal message. Does not implicitly {@link sluice.link.Refusal.verify|verify} messages.
             * @param message Refusal message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sluice.link.Refusal.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Refusal message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sluice.link.Refusal & sluice.link.Refusal.$Shape} Refusal
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sluice.link.Refusal & sluice.link.Refusal.$Shape;
        }

        namespace Refusal {

            /** Properties of a Refusal. */
            interface $Properties {

                /** Refusal code */
                code?: (string|null);

                /** Refusal message */
                message?: (string|null);

                /** Refusal retry */
                retry?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Refusal. */
            type $Shape = sluice.link.Refusal.$Properties;
        }
    }
}

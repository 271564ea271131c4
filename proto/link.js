// Generated from proto/link.proto by `npm run generate`; the protobufjs runtime is BSD-3-Clause.
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __esm = (fn, res, err) => function __init() {
  if (err) throw err[0];
  try {
    return fn && (res = (0, fn[__getOwnPropNames(fn)[0]])(fn = 0)), res;
  } catch (e) {
    throw err = [e], e;
  }
};
var __commonJS = (cb, mod) => function __require() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));

// proto/runtime/text-decoder.js
var Utf8Decoder, TextDecoder;
var init_text_decoder = __esm({
  "proto/runtime/text-decoder.js"() {
    "use strict";
    Utf8Decoder = class {
      constructor(_label, options) {
        this.fatal = options?.fatal ?? false;
        Object.freeze(this);
      }
      decode(bytes) {
        let text = "";
        let i = 0;
        while (i < bytes.length) {
          const first = bytes[i++];
          if (first < 128) {
            text += String.fromCharCode(first);
            continue;
          }
          const count = first >= 240 ? 3 : first >= 224 ? 2 : 1;
          let point = first >= 194 && first < 245 ? first & 63 >> count : -1;
          for (let n = 0; n < count && point >= 0; n++)
            point = (bytes[i + n] & 192) === 128 ? point << 6 | bytes[i + n] & 63 : -1;
          const smallest = count === 3 ? 65536 : count === 2 ? 2048 : 128;
          if (point < smallest || point > 1114111 || point >= 55296 && point <= 57343) {
            if (this.fatal) throw new TypeError("invalid UTF-8");
            text += "\uFFFD";
          } else {
            text += String.fromCodePoint(point);
            i += count;
          }
        }
        return text;
      }
    };
    TextDecoder = globalThis.TextDecoder ?? Utf8Decoder;
  }
});

// replaced:./aspromise
var require_aspromise = __commonJS({
  "replaced:./aspromise"(exports, module) {
    init_text_decoder();
    module.exports = void 0;
  }
});

// replaced:./base64
var require_base64 = __commonJS({
  "replaced:./base64"(exports, module) {
    init_text_decoder();
    module.exports = void 0;
  }
});

// replaced:./eventemitter
var require_eventemitter = __commonJS({
  "replaced:./eventemitter"(exports, module) {
    init_text_decoder();
    module.exports = void 0;
  }
});

// replaced:./float
var require_float = __commonJS({
  "replaced:./float"(exports, module) {
    init_text_decoder();
    var view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    module.exports = {
      writeDoubleLE(value, bytes, at) {
        view(bytes).setFloat64(at, value, true);
      },
      readDoubleLE(bytes, at) {
        return view(bytes).getFloat64(at, true);
      }
    };
  }
});

// node_modules/protobufjs/src/util/utf8.js
var require_utf8 = __commonJS({
  "node_modules/protobufjs/src/util/utf8.js"(exports) {
    "use strict";
    init_text_decoder();
    var utf8 = exports;
    var looseDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
    var strictDecoder;
    var TEXT_DECODER_MIN_LENGTH = 64;
    try {
      strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    } catch (err) {
      strictDecoder = looseDecoder;
    }
    utf8.length = function utf8_length(string) {
      var len = 0, c = 0;
      for (var i = 0; i < string.length; ++i) {
        c = string.charCodeAt(i);
        if (c < 128)
          len += 1;
        else if (c < 2048)
          len += 2;
        else if ((c & 64512) === 55296 && (string.charCodeAt(i + 1) & 64512) === 56320) {
          ++i;
          len += 4;
        } else
          len += 3;
      }
      return len;
    };
    function utf8_read_decoder(decoder, buffer, start, end) {
      var source = start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end);
      return decoder.decode(source);
    }
    utf8.read = function utf8_read_loose(buffer, start, end) {
      if (end - start < 1)
        return "";
      if (end - start >= TEXT_DECODER_MIN_LENGTH)
        return utf8_read_decoder(looseDecoder, buffer, start, end);
      var str = "", i = start, c1, c2, c3, c4, c5, c6, c7, c8;
      for (; i + 7 < end; i += 8) {
        c1 = buffer[i];
        c2 = buffer[i + 1];
        c3 = buffer[i + 2];
        c4 = buffer[i + 3];
        c5 = buffer[i + 4];
        c6 = buffer[i + 5];
        c7 = buffer[i + 6];
        c8 = buffer[i + 7];
        if ((c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8) & 128)
          return str + utf8_read_decoder(looseDecoder, buffer, i, end);
        str += String.fromCharCode(c1, c2, c3, c4, c5, c6, c7, c8);
      }
      for (; i < end; ++i) {
        c1 = buffer[i];
        if (c1 & 128)
          return str + utf8_read_decoder(looseDecoder, buffer, i, end);
        str += String.fromCharCode(c1);
      }
      return str;
    };
    utf8.readStrict = function utf8_read_strict(buffer, start, end) {
      if (end - start < 1)
        return "";
      if (end - start >= TEXT_DECODER_MIN_LENGTH)
        return utf8_read_decoder(strictDecoder, buffer, start, end);
      var str = "", i = start, c1, c2, c3, c4, c5, c6, c7, c8;
      for (; i + 7 < end; i += 8) {
        c1 = buffer[i];
        c2 = buffer[i + 1];
        c3 = buffer[i + 2];
        c4 = buffer[i + 3];
        c5 = buffer[i + 4];
        c6 = buffer[i + 5];
        c7 = buffer[i + 6];
        c8 = buffer[i + 7];
        if ((c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8) & 128)
          return str + utf8_read_decoder(strictDecoder, buffer, i, end);
        str += String.fromCharCode(c1, c2, c3, c4, c5, c6, c7, c8);
      }
      for (; i < end; ++i) {
        c1 = buffer[i];
        if (c1 & 128)
          return str + utf8_read_decoder(strictDecoder, buffer, i, end);
        str += String.fromCharCode(c1);
      }
      return str;
    };
    utf8.write = function utf8_write(string, buffer, offset) {
      var start = offset, c1, c2;
      for (var i = 0; i < string.length; ++i) {
        c1 = string.charCodeAt(i);
        if (c1 < 128) {
          buffer[offset++] = c1;
        } else if (c1 < 2048) {
          buffer[offset++] = c1 >> 6 | 192;
          buffer[offset++] = c1 & 63 | 128;
        } else if ((c1 & 64512) === 55296 && ((c2 = string.charCodeAt(i + 1)) & 64512) === 56320) {
          c1 = 65536 + ((c1 & 1023) << 10) + (c2 & 1023);
          ++i;
          buffer[offset++] = c1 >> 18 | 240;
          buffer[offset++] = c1 >> 12 & 63 | 128;
          buffer[offset++] = c1 >> 6 & 63 | 128;
          buffer[offset++] = c1 & 63 | 128;
        } else {
          buffer[offset++] = c1 >> 12 | 224;
          buffer[offset++] = c1 >> 6 & 63 | 128;
          buffer[offset++] = c1 & 63 | 128;
        }
      }
      return offset - start;
    };
  }
});

// replaced:./pool
var require_pool = __commonJS({
  "replaced:./pool"(exports, module) {
    init_text_decoder();
    module.exports = (alloc) => alloc;
  }
});

// node_modules/protobufjs/src/util/longbits.js
var require_longbits = __commonJS({
  "node_modules/protobufjs/src/util/longbits.js"(exports, module) {
    "use strict";
    init_text_decoder();
    module.exports = LongBits;
    var Long;
    function LongBits(lo, hi) {
      this.lo = lo >>> 0;
      this.hi = hi >>> 0;
    }
    var zero = LongBits.zero = new LongBits(0, 0);
    zero.toNumber = function() {
      return 0;
    };
    zero.zzEncode = zero.zzDecode = function() {
      return this;
    };
    zero.length = function() {
      return 1;
    };
    var zeroHash = LongBits.zeroHash = "\0\0\0\0\0\0\0\0";
    LongBits.fromNumber = function fromNumber(value) {
      if (value === 0)
        return zero;
      var sign = value < 0;
      if (sign)
        value = -value;
      var lo = value >>> 0, hi = (value - lo) / 4294967296 >>> 0;
      if (sign) {
        hi = ~hi >>> 0;
        lo = ~lo >>> 0;
        if (++lo > 4294967295) {
          lo = 0;
          if (++hi > 4294967295)
            hi = 0;
        }
      }
      return new LongBits(lo, hi);
    };
    LongBits.from = function from(value) {
      if (typeof value === "number")
        return LongBits.fromNumber(value);
      if (typeof value === "string" || value instanceof String) {
        if (Long)
          value = Long.fromString(value);
        else
          return LongBits.fromNumber(parseInt(value, 10));
      }
      return value.low || value.high ? new LongBits(value.low >>> 0, value.high >>> 0) : zero;
    };
    LongBits.prototype.toNumber = function toNumber(unsigned) {
      if (!unsigned && this.hi >>> 31) {
        var lo = ~this.lo + 1 >>> 0, hi = ~this.hi >>> 0;
        if (!lo)
          hi = hi + 1 >>> 0;
        return -(lo + hi * 4294967296);
      }
      return this.lo + this.hi * 4294967296;
    };
    LongBits.prototype.toLong = function toLong(unsigned) {
      return Long ? new Long(this.lo | 0, this.hi | 0, Boolean(unsigned)) : { low: this.lo | 0, high: this.hi | 0, unsigned: Boolean(unsigned) };
    };
    var charCodeAt = String.prototype.charCodeAt;
    LongBits.fromHash = function fromHash(hash) {
      if (hash === zeroHash)
        return zero;
      return new LongBits(
        (charCodeAt.call(hash, 0) | charCodeAt.call(hash, 1) << 8 | charCodeAt.call(hash, 2) << 16 | charCodeAt.call(hash, 3) << 24) >>> 0,
        (charCodeAt.call(hash, 4) | charCodeAt.call(hash, 5) << 8 | charCodeAt.call(hash, 6) << 16 | charCodeAt.call(hash, 7) << 24) >>> 0
      );
    };
    LongBits.prototype.toHash = function toHash() {
      return String.fromCharCode(
        this.lo & 255,
        this.lo >>> 8 & 255,
        this.lo >>> 16 & 255,
        this.lo >>> 24,
        this.hi & 255,
        this.hi >>> 8 & 255,
        this.hi >>> 16 & 255,
        this.hi >>> 24
      );
    };
    LongBits.prototype.zzEncode = function zzEncode() {
      var mask = this.hi >> 31;
      this.hi = ((this.hi << 1 | this.lo >>> 31) ^ mask) >>> 0;
      this.lo = (this.lo << 1 ^ mask) >>> 0;
      return this;
    };
    LongBits.prototype.zzDecode = function zzDecode() {
      var mask = -(this.lo & 1);
      this.lo = ((this.lo >>> 1 | this.hi << 31) ^ mask) >>> 0;
      this.hi = (this.hi >>> 1 ^ mask) >>> 0;
      return this;
    };
    LongBits.prototype.length = function length() {
      var part0 = this.lo, part1 = (this.lo >>> 28 | this.hi << 4) >>> 0, part2 = this.hi >>> 24;
      return part2 === 0 ? part1 === 0 ? part0 < 16384 ? part0 < 128 ? 1 : 2 : part0 < 2097152 ? 3 : 4 : part1 < 16384 ? part1 < 128 ? 5 : 6 : part1 < 2097152 ? 7 : 8 : part2 < 128 ? 9 : 10;
    };
    LongBits._configure = function(Long_) {
      Long = Long_;
    };
  }
});

// replaced:long
var require_long = __commonJS({
  "replaced:long"(exports, module) {
    init_text_decoder();
    module.exports = void 0;
  }
});

// node_modules/protobufjs/src/util/minimal.js
var require_minimal = __commonJS({
  "node_modules/protobufjs/src/util/minimal.js"(exports) {
    "use strict";
    init_text_decoder();
    var util = exports;
    util.asPromise = require_aspromise();
    util.base64 = require_base64();
    util.EventEmitter = require_eventemitter();
    util.float = require_float();
    util.utf8 = require_utf8();
    util.pool = require_pool();
    util.LongBits = require_longbits();
    function isUnsafeProperty(key) {
      return key === "__proto__" || key === "prototype" || key === "constructor";
    }
    util.isUnsafeProperty = isUnsafeProperty;
    util.isNode = Boolean(typeof global !== "undefined" && global && global.process && global.process.versions && global.process.versions.node);
    util.global = Object.freeze({ Buffer: globalThis.Buffer, process: globalThis.process });
    util.emptyArray = Object.freeze ? Object.freeze([]) : (
      /* istanbul ignore next */
      []
    );
    util.emptyObject = Object.freeze ? Object.freeze({}) : (
      /* istanbul ignore next */
      {}
    );
    util.isInteger = Number.isInteger || /* istanbul ignore next */
    function isInteger(value) {
      return typeof value === "number" && isFinite(value) && Math.floor(value) === value;
    };
    util.isString = function isString(value) {
      return typeof value === "string" || value instanceof String;
    };
    util.isObject = function isObject(value) {
      return value && typeof value === "object";
    };
    util.isset = /**
     * Checks if a property on a message is considered to be present.
     * @param {Object} obj Plain object or message instance
     * @param {string} prop Property name
     * @returns {boolean} `true` if considered to be present, otherwise `false`
     */
    util.isSet = function isSet(obj, prop) {
      var value = obj[prop];
      if (value != null && Object.hasOwnProperty.call(obj, prop))
        return typeof value !== "object" || (Array.isArray(value) ? value.length : Object.keys(value).length) > 0;
      return false;
    };
    util.Buffer = (function() {
      try {
        var Buffer2 = util.global.Buffer;
        return Buffer2.prototype.utf8Write || util.isNode ? Buffer2 : (
          /* istanbul ignore next */
          null
        );
      } catch (e) {
        return null;
      }
    })();
    util.newBuffer = function newBuffer(sizeOrArray) {
      var Buffer2 = util.Buffer;
      return typeof sizeOrArray === "number" ? Buffer2 ? Buffer2.allocUnsafe(sizeOrArray) : new Uint8Array(sizeOrArray) : Buffer2 ? Buffer2.from(sizeOrArray) : new Uint8Array(sizeOrArray);
    };
    util.rawField = function rawField(id, wireType, data) {
      var out = [], tag = id << 3 | wireType;
      tag >>>= 0;
      while (tag > 127) {
        out.push(tag & 127 | 128);
        tag >>>= 7;
      }
      out.push(tag);
      for (var i = 0; i < data.length; ++i)
        out.push(data[i]);
      return util.newBuffer(out);
    };
    util.Array = Uint8Array;
    util.Long = /* istanbul ignore next */
    util.global.dcodeIO && /* istanbul ignore next */
    util.global.dcodeIO.Long || /* istanbul ignore next */
    util.global.Long || (function() {
      try {
        var Long = require_long();
        return Long && Long.isLong ? Long : null;
      } catch (e) {
        return null;
      }
    })();
    util.key2Re = /^(?:true|false|0|1)$/;
    util.key32Re = /^-?(?:0|[1-9][0-9]*)$/;
    util.key64Re = /^(?:[\x00-\xff]{8}|-?(?:0|[1-9][0-9]*))$/;
    util.longToHash = function longToHash(value) {
      return value ? util.LongBits.from(value).toHash() : util.LongBits.zeroHash;
    };
    util.longFromHash = function longFromHash(hash, unsigned) {
      var bits = util.LongBits.fromHash(hash);
      if (util.Long)
        return util.Long.fromBits(bits.lo, bits.hi, unsigned);
      return bits.toNumber(Boolean(unsigned));
    };
    util.longFromKey = function longFromKey(key, unsigned) {
      return util.key64Re.test(key) && !util.key32Re.test(key) ? util.longFromHash(key, unsigned) : key;
    };
    util.boolFromKey = function boolFromKey(key) {
      return key === "true" || key === "1";
    };
    function merge(dst) {
      var ifNotSet = typeof arguments[arguments.length - 1] === "boolean", limit = ifNotSet ? arguments.length - 1 : arguments.length;
      ifNotSet = ifNotSet && arguments[arguments.length - 1];
      for (var a = 1; a < limit; ++a) {
        var src = arguments[a];
        if (!src)
          continue;
        for (var keys = Object.keys(src), i = 0; i < keys.length; ++i)
          if (!isUnsafeProperty(keys[i]) && (!ifNotSet || !Object.prototype.hasOwnProperty.call(dst, keys[i]) || dst[keys[i]] === void 0))
            dst[keys[i]] = src[keys[i]];
      }
      return dst;
    }
    util.merge = merge;
    util.nestingLimit = 32;
    util.recursionLimit = 100;
    util.makeProp = function makeProp(obj, key, enumerable) {
      if (Object.prototype.hasOwnProperty.call(obj, key))
        return;
      Object.defineProperty(obj, key, {
        enumerable: enumerable === void 0 ? true : enumerable,
        configurable: true,
        writable: true
      });
    };
    util.lcFirst = function lcFirst(str) {
      return str.charAt(0).toLowerCase() + str.substring(1);
    };
    function newError(name) {
      function CustomError(message, properties) {
        if (!(this instanceof CustomError))
          return new CustomError(message, properties);
        Object.defineProperty(this, "message", { get: function() {
          return message;
        } });
        if (Error.captureStackTrace)
          Error.captureStackTrace(this, CustomError);
        else
          Object.defineProperty(this, "stack", { value: new Error().stack || "" });
        if (properties)
          merge(this, properties);
      }
      CustomError.prototype = Object.create(Error.prototype, {
        constructor: {
          value: CustomError,
          writable: true,
          enumerable: false,
          configurable: true
        },
        name: {
          get: function get() {
            return name;
          },
          set: void 0,
          enumerable: false,
          // configurable: false would accurately preserve the behavior of
          // the original, but I'm guessing that was not intentional.
          // For an actual error subclass, this property would
          // be configurable.
          configurable: true
        },
        toString: {
          value: function value() {
            return this.name + ": " + this.message;
          },
          writable: true,
          enumerable: false,
          configurable: true
        }
      });
      return CustomError;
    }
    util.newError = newError;
    util.ProtocolError = newError("ProtocolError");
    util.oneOfGetter = function getOneOf(fieldNames) {
      var fieldMap = {};
      for (var i = 0; i < fieldNames.length; ++i)
        fieldMap[fieldNames[i]] = 1;
      return function() {
        for (var keys = Object.keys(this), i2 = keys.length - 1; i2 > -1; --i2)
          if (fieldMap[keys[i2]] === 1 && this[keys[i2]] !== void 0 && this[keys[i2]] !== null)
            return keys[i2];
      };
    };
    util.oneOfSetter = function setOneOf(fieldNames) {
      return function(name) {
        for (var i = 0; i < fieldNames.length; ++i)
          if (fieldNames[i] !== name)
            delete this[fieldNames[i]];
      };
    };
    util.toJSONOptions = globalThis.process && {
      longs: String,
      enums: String,
      bytes: String,
      json: true
    };
  }
});

// node_modules/protobufjs/src/writer.js
var require_writer = __commonJS({
  "node_modules/protobufjs/src/writer.js"(exports, module) {
    "use strict";
    init_text_decoder();
    module.exports = Writer2;
    var util = require_minimal();
    var BufferWriter;
    var LongBits = util.LongBits;
    var base64 = util.base64;
    var utf8 = util.utf8;
    function Writer2() {
      this.pos = 0;
      this.buf = this.constructor.alloc(Writer2.initialBufferSize);
      this.view = null;
      this.states = null;
    }
    Writer2.initialBufferSize = 128;
    Object.defineProperty(Writer2.prototype, "len", {
      configurable: true,
      enumerable: true,
      get: function get_len() {
        return this.pos;
      }
    });
    var create = function create2() {
      return util.Buffer ? function create_buffer_setup() {
        return (Writer2.create = function create_buffer() {
          return new BufferWriter();
        })();
      } : function create_array() {
        return new Writer2();
      };
    };
    Writer2.create = create();
    Writer2.alloc = function alloc(size) {
      return new Uint8Array(size);
    };
    Writer2.alloc = util.pool(Writer2.alloc, Uint8Array.prototype.subarray);
    function sizeVarint32(value) {
      return value < 128 ? 1 : value < 16384 ? 2 : value < 2097152 ? 3 : value < 268435456 ? 4 : 5;
    }
    Writer2.prototype._reserve = function _reserve(n) {
      var need = this.pos + n;
      if (need > this.buf.length) {
        var size = this.buf.length << 1;
        if (size < need)
          size = need;
        var buf = this.constructor.alloc(size);
        buf.set(this.buf.subarray(0, this.pos), 0);
        this.buf = buf;
        this.view = null;
      }
    };
    function writeStringAscii(val, buf, pos) {
      for (var i = 0; i < val.length; )
        buf[pos++] = val.charCodeAt(i++);
    }
    function writeVarint32(val, buf, pos) {
      while (val > 127) {
        buf[pos++] = val & 127 | 128;
        val >>>= 7;
      }
      buf[pos] = val;
      return pos + 1;
    }
    Writer2.prototype.uint32 = function write_uint32(value) {
      value = value >>> 0;
      this._reserve(5);
      var pos = this.pos;
      this.pos = writeVarint32(value, this.buf, pos);
      return this;
    };
    Writer2.prototype.int32 = function write_int32(value) {
      if ((value |= 0) < 0) {
        this._reserve(10);
        writeVarint64(LongBits.fromNumber(value), this.buf, this.pos);
        this.pos += 10;
        return this;
      }
      return this.uint32(value);
    };
    Writer2.prototype.sint32 = function write_sint32(value) {
      return this.uint32((value << 1 ^ value >> 31) >>> 0);
    };
    function writeVarint64(val, buf, pos) {
      var lo = val.lo, hi = val.hi;
      while (hi) {
        buf[pos++] = lo & 127 | 128;
        lo = (lo >>> 7 | hi << 25) >>> 0;
        hi >>>= 7;
      }
      while (lo > 127) {
        buf[pos++] = lo & 127 | 128;
        lo = lo >>> 7;
      }
      buf[pos] = lo;
      return pos + 1;
    }
    Writer2.prototype.uint64 = function write_uint64(value) {
      var bits = LongBits.from(value);
      this._reserve(10);
      var pos = this.pos;
      this.pos = writeVarint64(bits, this.buf, pos);
      return this;
    };
    Writer2.prototype.int64 = Writer2.prototype.uint64;
    Writer2.prototype.sint64 = function write_sint64(value) {
      var bits = LongBits.from(value).zzEncode();
      this._reserve(10);
      var pos = this.pos;
      this.pos = writeVarint64(bits, this.buf, pos);
      return this;
    };
    Writer2.prototype.bool = function write_bool(value) {
      this._reserve(1);
      this.buf[this.pos++] = value ? 1 : 0;
      return this;
    };
    function writeFixed32(val, buf, pos) {
      buf[pos] = val & 255;
      buf[pos + 1] = val >>> 8 & 255;
      buf[pos + 2] = val >>> 16 & 255;
      buf[pos + 3] = val >>> 24;
    }
    Writer2.prototype.fixed32 = function write_fixed32(value) {
      this._reserve(4);
      writeFixed32(value >>> 0, this.buf, this.pos);
      this.pos += 4;
      return this;
    };
    Writer2.prototype.sfixed32 = Writer2.prototype.fixed32;
    Writer2.prototype.fixed64 = function write_fixed64(value) {
      var bits = LongBits.from(value);
      this._reserve(8);
      writeFixed32(bits.lo, this.buf, this.pos);
      writeFixed32(bits.hi, this.buf, this.pos + 4);
      this.pos += 8;
      return this;
    };
    Writer2.prototype.sfixed64 = Writer2.prototype.fixed64;
    Writer2.prototype.float = function write_float(value) {
      this._reserve(4);
      util.float.writeFloatLE(value, this.buf, this.pos);
      this.pos += 4;
      return this;
    };
    Writer2.prototype.double = function write_double(value) {
      this._reserve(8);
      util.float.writeDoubleLE(value, this.buf, this.pos);
      this.pos += 8;
      return this;
    };
    Writer2.prototype.bytes = function write_bytes(value) {
      var len = value.length >>> 0;
      if (!len) {
        this._reserve(1);
        this.buf[this.pos++] = 0;
        return this;
      }
      if (util.isString(value)) {
        var buf = Writer2.alloc(len = base64.length(value));
        base64.decode(value, buf, 0);
        value = buf;
      }
      this.uint32(len);
      this._reserve(len);
      this.buf.set(value, this.pos);
      this.pos += len;
      return this;
    };
    Writer2.prototype.raw = function write_raw(value) {
      var len = value.length >>> 0;
      if (!len)
        return this;
      this._reserve(len);
      this.buf.set(value, this.pos);
      this.pos += len;
      return this;
    };
    Writer2.prototype._delim = function _delim(pos, len) {
      var n = sizeVarint32(len);
      if (n > 1)
        this.buf.copyWithin(pos + n, pos + 1, pos + 1 + len);
      writeVarint32(len, this.buf, pos);
      this.pos = pos + n + len;
      return this;
    };
    Writer2.prototype.string = function write_string(value) {
      var n = value.length;
      if (!n) {
        this._reserve(1);
        this.buf[this.pos++] = 0;
        return this;
      }
      if (n < 128) {
        this._reserve(n * 3 + 5);
        var lenPos = this.pos;
        return this._delim(lenPos, utf8.write(value, this.buf, lenPos + 1));
      }
      var len = utf8.length(value);
      this.uint32(len);
      this._reserve(len);
      if (len === value.length)
        writeStringAscii(value, this.buf, this.pos);
      else
        utf8.write(value, this.buf, this.pos);
      this.pos += len;
      return this;
    };
    Writer2.prototype.uint32s = function write_uint32s(value) {
      var n = value.length;
      this._reserve(n * 5 + 5);
      var buf = this.buf, lenPos = this.pos, p = lenPos + 1;
      for (var i = 0; i < n; ++i)
        p = writeVarint32(value[i] >>> 0, buf, p);
      return this._delim(lenPos, p - lenPos - 1);
    };
    Writer2.prototype.int32s = function write_int32s(value) {
      var n = value.length;
      this._reserve(n * 10 + 5);
      var buf = this.buf, lenPos = this.pos, pos = lenPos + 1, val;
      for (var i = 0; i < n; ++i) {
        if ((val = value[i] | 0) < 0) {
          pos = writeVarint64(LongBits.fromNumber(val), buf, pos);
        } else {
          pos = writeVarint32(val, buf, pos);
        }
      }
      return this._delim(lenPos, pos - lenPos - 1);
    };
    Writer2.prototype.sint32s = function write_sint32s(value) {
      var n = value.length;
      this._reserve(n * 5 + 5);
      var buf = this.buf, lenPos = this.pos, pos = lenPos + 1;
      for (var i = 0; i < n; ++i)
        pos = writeVarint32((value[i] << 1 ^ value[i] >> 31) >>> 0, buf, pos);
      return this._delim(lenPos, pos - lenPos - 1);
    };
    Writer2.prototype.uint64s = function write_uint64s(value) {
      var n = value.length;
      this._reserve(n * 10 + 5);
      var buf = this.buf, lenPos = this.pos, pos = lenPos + 1;
      for (var i = 0; i < n; ++i) {
        pos = writeVarint64(LongBits.from(value[i]), buf, pos);
      }
      return this._delim(lenPos, pos - lenPos - 1);
    };
    Writer2.prototype.int64s = Writer2.prototype.uint64s;
    Writer2.prototype.sint64s = function write_sint64s(value) {
      var n = value.length;
      this._reserve(n * 10 + 5);
      var buf = this.buf, lenPos = this.pos, pos = lenPos + 1;
      for (var i = 0; i < n; ++i) {
        pos = writeVarint64(LongBits.from(value[i]).zzEncode(), buf, pos);
      }
      return this._delim(lenPos, pos - lenPos - 1);
    };
    Writer2.prototype.bools = function write_bools(value) {
      var n = value.length;
      this.uint32(n);
      this._reserve(n);
      var buf = this.buf, p = this.pos;
      for (var i = 0; i < n; ++i)
        buf[p++] = value[i] ? 1 : 0;
      this.pos += n;
      return this;
    };
    var VIEW_THRESHOLD_FLOAT = 16;
    var VIEW_THRESHOLD_INT = 128;
    function getLazyView(writer, count, threshold) {
      var view = writer.view;
      if (view || count < threshold)
        return view;
      var buf = writer.buf;
      return writer.view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
    }
    Writer2.prototype.fixed32s = function write_fixed32s(value) {
      var n = value.length, bytes = n * 4;
      this.uint32(bytes);
      this._reserve(bytes);
      var p = this.pos, i, dv = getLazyView(this, n, VIEW_THRESHOLD_INT);
      if (dv)
        for (i = 0; i < n; ++i) {
          dv.setUint32(p, value[i] >>> 0, true);
          p += 4;
        }
      else {
        var buf = this.buf;
        for (i = 0; i < n; ++i) {
          writeFixed32(value[i] >>> 0, buf, p);
          p += 4;
        }
      }
      this.pos += bytes;
      return this;
    };
    Writer2.prototype.sfixed32s = Writer2.prototype.fixed32s;
    Writer2.prototype.fixed64s = function write_fixed64s(value) {
      var n = value.length, bytes = n * 8;
      this.uint32(bytes);
      this._reserve(bytes);
      var p = this.pos, i, bits, dv = getLazyView(this, n, VIEW_THRESHOLD_INT);
      if (dv)
        for (i = 0; i < n; ++i) {
          bits = LongBits.from(value[i]);
          dv.setUint32(p, bits.lo, true);
          dv.setUint32(p + 4, bits.hi, true);
          p += 8;
        }
      else {
        var buf = this.buf;
        for (i = 0; i < n; ++i) {
          bits = LongBits.from(value[i]);
          writeFixed32(bits.lo, buf, p);
          writeFixed32(bits.hi, buf, p + 4);
          p += 8;
        }
      }
      this.pos += bytes;
      return this;
    };
    Writer2.prototype.sfixed64s = Writer2.prototype.fixed64s;
    Writer2.prototype.floats = function write_floats(value) {
      var n = value.length, bytes = n * 4;
      this.uint32(bytes);
      this._reserve(bytes);
      var p = this.pos, i, dv = getLazyView(this, n, VIEW_THRESHOLD_FLOAT);
      if (dv)
        for (i = 0; i < n; ++i) {
          dv.setFloat32(p, value[i], true);
          p += 4;
        }
      else {
        var buf = this.buf;
        for (i = 0; i < n; ++i) {
          util.float.writeFloatLE(value[i], buf, p);
          p += 4;
        }
      }
      this.pos += bytes;
      return this;
    };
    Writer2.prototype.doubles = function write_doubles(value) {
      var n = value.length, bytes = n * 8;
      this.uint32(bytes);
      this._reserve(bytes);
      var p = this.pos, i, dv = getLazyView(this, n, VIEW_THRESHOLD_FLOAT);
      if (dv)
        for (i = 0; i < n; ++i) {
          dv.setFloat64(p, value[i], true);
          p += 8;
        }
      else {
        var buf = this.buf;
        for (i = 0; i < n; ++i) {
          util.float.writeDoubleLE(value[i], buf, p);
          p += 8;
        }
      }
      this.pos += bytes;
      return this;
    };
    Writer2.prototype.fork = function fork() {
      this._reserve(1);
      (this.states || (this.states = [])).push(this.pos);
      this.pos += 1;
      return this;
    };
    Writer2.prototype.reset = function reset() {
      var states = this.states;
      if (states && states.length) {
        this.pos = states.pop();
      } else {
        this.pos = 0;
      }
      return this;
    };
    Writer2.prototype.ldelim = function ldelim() {
      var states = this.states, len, vlen;
      if (states && states.length) {
        var lenPos = states.pop();
        len = this.pos - lenPos - 1;
        vlen = sizeVarint32(len);
        if (vlen > 1) {
          this._reserve(vlen - 1);
          this.buf.copyWithin(lenPos + vlen, lenPos + 1, lenPos + 1 + len);
          this.pos += vlen - 1;
          writeVarint32(len, this.buf, lenPos);
        } else {
          this.buf[lenPos] = len;
        }
      } else {
        len = this.pos;
        vlen = sizeVarint32(len);
        this._reserve(vlen);
        this.buf.copyWithin(vlen, 0, len);
        writeVarint32(len, this.buf, 0);
        this.pos += vlen;
      }
      return this;
    };
    Writer2.prototype.finish = function finish(shared) {
      if (shared)
        return this.buf.subarray(0, this.pos);
      var buf = this.constructor.alloc(this.pos);
      buf.set(this.buf.subarray(0, this.pos), 0);
      return buf;
    };
    Writer2.prototype.finishInto = function finishInto(buf, offset) {
      if (offset === void 0)
        offset = 0;
      buf.set(this.buf.subarray(0, this.pos), offset);
      return buf;
    };
    Writer2._configure = function(BufferWriter_) {
      BufferWriter = BufferWriter_;
      Writer2.create = create();
      BufferWriter._configure();
    };
  }
});

// node_modules/protobufjs/src/writer_buffer.js
var require_writer_buffer = __commonJS({
  "node_modules/protobufjs/src/writer_buffer.js"(exports, module) {
    "use strict";
    init_text_decoder();
    module.exports = BufferWriter;
    var Writer2 = require_writer();
    BufferWriter.prototype = Object.create(Writer2.prototype, {
      constructor: {
        value: BufferWriter,
        writable: true,
        enumerable: false,
        configurable: true
      }
    });
    var util = require_minimal();
    function BufferWriter() {
      Writer2.call(this);
    }
    var writeStringBuffer;
    BufferWriter._configure = function() {
      BufferWriter.alloc = util.Buffer && util.Buffer.allocUnsafe;
      writeStringBuffer = util.Buffer && util.Buffer.prototype.utf8Write ? function writeStringBuffer_utf8Write(val, buf, pos) {
        return buf.utf8Write(val, pos);
      } : function writeStringBuffer_write(val, buf, pos) {
        return buf.write(val, pos);
      };
    };
    BufferWriter.prototype.bytes = function write_bytes_buffer(value) {
      if (util.isString(value))
        value = util.Buffer.from(value, "base64");
      var len = value.length >>> 0;
      this.uint32(len);
      if (len) {
        this._reserve(len);
        this.buf.set(value, this.pos);
        this.pos += len;
      }
      return this;
    };
    BufferWriter.prototype.string = function write_string_buffer(value) {
      var n = value.length;
      if (!n) {
        this._reserve(1);
        this.buf[this.pos++] = 0;
        return this;
      }
      if (n < 128) {
        this._reserve(n * 3 + 5);
        var pos = this.pos, buf = this.buf;
        return this._delim(
          pos,
          n < 40 ? util.utf8.write(value, buf, pos + 1) : writeStringBuffer(value, buf, pos + 1)
        );
      }
      var len = util.Buffer.byteLength(value);
      this.uint32(len);
      this._reserve(len);
      writeStringBuffer(value, this.buf, this.pos);
      this.pos += len;
      return this;
    };
    BufferWriter._configure();
  }
});

// node_modules/protobufjs/src/reader.js
var require_reader = __commonJS({
  "node_modules/protobufjs/src/reader.js"(exports, module) {
    "use strict";
    init_text_decoder();
    module.exports = Reader2;
    var util = require_minimal();
    var BufferReader;
    var LongBits = util.LongBits;
    var utf8 = util.utf8;
    function indexOutOfRange(reader, writeLength) {
      return RangeError("index out of range: " + reader.pos + " + " + (writeLength || 1) + " > " + reader.len);
    }
    function Reader2(buffer) {
      this.buf = buffer;
      this.pos = 0;
      this.len = buffer.length;
      this.view = null;
      this.discardUnknown = Reader2.discardUnknown;
    }
    function create_array(buffer) {
      if (Array.isArray(buffer))
        buffer = new Uint8Array(buffer);
      if (buffer instanceof Uint8Array)
        return new Reader2(buffer);
      throw Error("illegal buffer");
    }
    var create = function create2() {
      return util.Buffer ? function create_buffer_setup(buffer) {
        return (Reader2.create = function create_buffer(buffer2) {
          return util.Buffer.isBuffer(buffer2) ? new BufferReader(buffer2) : create_array(buffer2);
        })(buffer);
      } : create_array;
    };
    Reader2.create = create();
    Reader2.prototype.raw = function read_raw(start, end) {
      return this.buf.subarray(start, end);
    };
    function readVarint32NearEnd(reader) {
      var value = 0;
      for (var i = 0; i < 4; ++i) {
        if (reader.pos >= reader.len)
          throw indexOutOfRange(reader);
        var b = reader.buf[reader.pos++];
        value = (value | (b & 127) << i * 7) >>> 0;
        if (b < 128)
          return value;
      }
      throw indexOutOfRange(reader);
    }
    Reader2.prototype.uint32 = function read_uint32() {
      if (this.len - this.pos < 5) {
        if (this.pos >= this.len)
          throw indexOutOfRange(this);
        if (this.buf[this.pos] >= 128)
          return readVarint32NearEnd(this);
      }
      var buf = this.buf, pos = this.pos, value = (buf[pos] & 127) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      value = (value | (buf[pos] & 127) << 7) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      value = (value | (buf[pos] & 127) << 14) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      value = (value | (buf[pos] & 127) << 21) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      value = (value | (buf[pos] & 15) << 28) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      for (var i = 0; i < 5; ++i) {
        if (pos >= this.len) {
          this.pos = pos;
          throw indexOutOfRange(this);
        }
        if (buf[pos++] < 128) {
          this.pos = pos;
          return value;
        }
      }
      this.pos = pos;
      throw Error("invalid varint encoding");
    };
    Reader2.prototype.tag = function read_tag() {
      if (this.len - this.pos < 5) {
        if (this.pos >= this.len)
          throw indexOutOfRange(this);
        if (this.buf[this.pos] >= 128)
          return readVarint32NearEnd(this);
      }
      var buf = this.buf, pos = this.pos, value = (buf[pos] & 127) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      value = (value | (buf[pos] & 127) << 7) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      value = (value | (buf[pos] & 127) << 14) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      value = (value | (buf[pos] & 127) << 21) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      value = (value | (buf[pos] & 15) << 28) >>> 0;
      if (buf[pos] < 128 && (buf[pos] & 112) === 0) {
        this.pos = pos + 1;
        return value;
      }
      this.pos = pos + 1;
      throw Error("invalid tag encoding");
    };
    Reader2.prototype.size = function read_size() {
      if (this.len - this.pos < 5) {
        if (this.pos >= this.len)
          throw indexOutOfRange(this);
        if (this.buf[this.pos] >= 128)
          return readVarint32NearEnd(this);
      }
      var buf = this.buf, pos = this.pos, value = (buf[pos] & 127) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      value = (value | (buf[pos] & 127) << 7) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      value = (value | (buf[pos] & 127) << 14) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      value = (value | (buf[pos] & 127) << 21) >>> 0;
      if (buf[pos++] < 128) {
        this.pos = pos;
        return value;
      }
      this.pos = pos + 1;
      if (buf[pos] > 7)
        throw Error("invalid length encoding");
      return (value | buf[pos] << 28) >>> 0;
    };
    Reader2.prototype.int32 = function read_int32() {
      return this.uint32() | 0;
    };
    Reader2.prototype.sint32 = function read_sint32() {
      var value = this.uint32();
      return value >>> 1 ^ -(value & 1) | 0;
    };
    function readLongVarint() {
      var bits = new LongBits(0, 0);
      var i = 0;
      if (this.len - this.pos > 4) {
        for (; i < 4; ++i) {
          bits.lo = (bits.lo | (this.buf[this.pos] & 127) << i * 7) >>> 0;
          if (this.buf[this.pos++] < 128)
            return bits;
        }
        bits.lo = (bits.lo | (this.buf[this.pos] & 127) << 28) >>> 0;
        bits.hi = (bits.hi | (this.buf[this.pos] & 127) >> 4) >>> 0;
        if (this.buf[this.pos++] < 128)
          return bits;
        i = 0;
      } else {
        for (; i < 4; ++i) {
          if (this.pos >= this.len)
            throw indexOutOfRange(this);
          bits.lo = (bits.lo | (this.buf[this.pos] & 127) << i * 7) >>> 0;
          if (this.buf[this.pos++] < 128)
            return bits;
        }
        throw indexOutOfRange(this);
      }
      if (this.len - this.pos > 4) {
        for (; i < 5; ++i) {
          bits.hi = (bits.hi | (this.buf[this.pos] & 127) << i * 7 + 3) >>> 0;
          if (this.buf[this.pos++] < 128)
            return bits;
        }
      } else {
        for (; i < 5; ++i) {
          if (this.pos >= this.len)
            throw indexOutOfRange(this);
          bits.hi = (bits.hi | (this.buf[this.pos] & 127) << i * 7 + 3) >>> 0;
          if (this.buf[this.pos++] < 128)
            return bits;
        }
      }
      throw Error("invalid varint encoding");
    }
    Reader2.prototype.bool = function read_bool() {
      var value = false, b;
      for (var i = 0; i < 10; ++i) {
        if (this.pos >= this.len)
          throw indexOutOfRange(this);
        b = this.buf[this.pos++];
        if (b & 127)
          value = true;
        if (b < 128)
          return value;
      }
      throw Error("invalid varint encoding");
    };
    function readFixed32_end(buf, end) {
      return (buf[end - 4] | buf[end - 3] << 8 | buf[end - 2] << 16 | buf[end - 1] << 24) >>> 0;
    }
    Reader2.prototype.fixed32 = function read_fixed32() {
      if (this.pos + 4 > this.len)
        throw indexOutOfRange(this, 4);
      return readFixed32_end(this.buf, this.pos += 4);
    };
    Reader2.prototype.sfixed32 = function read_sfixed32() {
      if (this.pos + 4 > this.len)
        throw indexOutOfRange(this, 4);
      return readFixed32_end(this.buf, this.pos += 4) | 0;
    };
    function readFixed64() {
      if (this.pos + 8 > this.len)
        throw indexOutOfRange(this, 8);
      return new LongBits(readFixed32_end(this.buf, this.pos += 4), readFixed32_end(this.buf, this.pos += 4));
    }
    Reader2.prototype.float = function read_float() {
      if (this.pos + 4 > this.len)
        throw indexOutOfRange(this, 4);
      var value = util.float.readFloatLE(this.buf, this.pos);
      this.pos += 4;
      return value;
    };
    Reader2.prototype.double = function read_double() {
      if (this.pos + 8 > this.len)
        throw indexOutOfRange(this, 4);
      var value = util.float.readDoubleLE(this.buf, this.pos);
      this.pos += 8;
      return value;
    };
    Reader2.prototype.uint32s = function read_uint32s(array) {
      if (array === void 0) array = [];
      var end = this.size() + this.pos, len = this.len, buf = this.buf, pos = this.pos, value;
      if (end > len) throw indexOutOfRange(this, end - this.pos);
      this.len = end;
      while (pos < end) {
        value = buf[pos++];
        if (value < 128)
          array.push(value);
        else {
          this.pos = pos - 1;
          array.push(this.uint32());
          pos = this.pos;
        }
      }
      this.pos = pos;
      if (pos !== end) throw RangeError("index out of range");
      this.len = len;
      return array;
    };
    Reader2.prototype.int32s = function read_int32s(array) {
      if (array === void 0) array = [];
      var end = this.size() + this.pos, len = this.len, buf = this.buf, pos = this.pos, value;
      if (end > len) throw indexOutOfRange(this, end - this.pos);
      this.len = end;
      while (pos < end) {
        value = buf[pos++];
        if (value < 128)
          array.push(value);
        else {
          this.pos = pos - 1;
          array.push(this.int32());
          pos = this.pos;
        }
      }
      this.pos = pos;
      if (pos !== end) throw RangeError("index out of range");
      this.len = len;
      return array;
    };
    Reader2.prototype.sint32s = function read_sint32s(array) {
      if (array === void 0) array = [];
      var end = this.size() + this.pos, len = this.len;
      if (end > len) throw indexOutOfRange(this, end - this.pos);
      this.len = end;
      while (this.pos < end)
        array.push(this.sint32());
      if (this.pos !== end) throw RangeError("index out of range");
      this.len = len;
      return array;
    };
    Reader2.prototype.bools = function read_bools(array) {
      if (array === void 0) array = [];
      var end = this.size() + this.pos, len = this.len, buf = this.buf, pos = this.pos, value;
      if (end > len) throw indexOutOfRange(this, end - this.pos);
      this.len = end;
      while (pos < end) {
        value = buf[pos++];
        if (value < 128)
          array.push(value !== 0);
        else {
          this.pos = pos - 1;
          array.push(this.bool());
          pos = this.pos;
        }
      }
      this.pos = pos;
      if (pos !== end) throw RangeError("index out of range");
      this.len = len;
      return array;
    };
    var VIEW_THRESHOLD_FLOAT = 8;
    var VIEW_THRESHOLD_INT = 128;
    function getLazyView(reader, count, threshold) {
      var view = reader.view;
      if (view || count < threshold)
        return view;
      var buf = reader.buf;
      return reader.view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
    }
    Reader2.prototype.fixed32s = function read_fixed32s(array) {
      if (array === void 0) array = [];
      var len = this.size(), end = this.pos + len;
      if (end > this.len) throw indexOutOfRange(this, len);
      var count = len >>> 2, i = array.length, pos = this.pos;
      array.length = i + count;
      var dv = getLazyView(this, count, VIEW_THRESHOLD_INT);
      if (dv)
        for (var k = 0; k < count; ++k, pos += 4) array[i++] = dv.getUint32(pos, true);
      else {
        var buf = this.buf;
        for (var j = 0; j < count; ++j, pos += 4) array[i++] = readFixed32_end(buf, pos + 4);
      }
      this.pos = pos;
      if (pos !== end) throw indexOutOfRange(this, 4);
      return array;
    };
    Reader2.prototype.sfixed32s = function read_sfixed32s(array) {
      if (array === void 0) array = [];
      var len = this.size(), end = this.pos + len;
      if (end > this.len) throw indexOutOfRange(this, len);
      var count = len >>> 2, i = array.length, pos = this.pos;
      array.length = i + count;
      var dv = getLazyView(this, count, VIEW_THRESHOLD_INT);
      if (dv)
        for (var k = 0; k < count; ++k, pos += 4) array[i++] = dv.getInt32(pos, true);
      else {
        var buf = this.buf;
        for (var j = 0; j < count; ++j, pos += 4) array[i++] = readFixed32_end(buf, pos + 4) | 0;
      }
      this.pos = pos;
      if (pos !== end) throw indexOutOfRange(this, 4);
      return array;
    };
    Reader2.prototype.floats = function read_floats(array) {
      if (array === void 0) array = [];
      var len = this.size(), end = this.pos + len;
      if (end > this.len) throw indexOutOfRange(this, len);
      var count = len >>> 2, i = array.length, pos = this.pos;
      array.length = i + count;
      var dv = getLazyView(this, count, VIEW_THRESHOLD_FLOAT);
      if (dv)
        for (var k = 0; k < count; ++k, pos += 4) array[i++] = dv.getFloat32(pos, true);
      else {
        var buf = this.buf;
        for (var j = 0; j < count; ++j, pos += 4) array[i++] = util.float.readFloatLE(buf, pos);
      }
      this.pos = pos;
      if (pos !== end) throw indexOutOfRange(this, 4);
      return array;
    };
    Reader2.prototype.doubles = function read_doubles(array) {
      if (array === void 0) array = [];
      var len = this.size(), end = this.pos + len;
      if (end > this.len) throw indexOutOfRange(this, len);
      var count = len >>> 3, i = array.length, pos = this.pos;
      array.length = i + count;
      var dv = getLazyView(this, count, VIEW_THRESHOLD_FLOAT);
      if (dv)
        for (var k = 0; k < count; ++k, pos += 8) array[i++] = dv.getFloat64(pos, true);
      else {
        var buf = this.buf;
        for (var j = 0; j < count; ++j, pos += 8) array[i++] = util.float.readDoubleLE(buf, pos);
      }
      this.pos = pos;
      if (pos !== end) throw indexOutOfRange(this, 8);
      return array;
    };
    Reader2.prototype.uint64s = function read_uint64s(array) {
      if (array === void 0) array = [];
      var end = this.size() + this.pos, len = this.len;
      if (end > len) throw indexOutOfRange(this, end - this.pos);
      this.len = end;
      while (this.pos < end)
        array.push(this.uint64());
      if (this.pos !== end) throw RangeError("index out of range");
      this.len = len;
      return array;
    };
    Reader2.prototype.int64s = function read_int64s(array) {
      if (array === void 0) array = [];
      var end = this.size() + this.pos, len = this.len;
      if (end > len) throw indexOutOfRange(this, end - this.pos);
      this.len = end;
      while (this.pos < end)
        array.push(this.int64());
      if (this.pos !== end) throw RangeError("index out of range");
      this.len = len;
      return array;
    };
    Reader2.prototype.sint64s = function read_sint64s(array) {
      if (array === void 0) array = [];
      var end = this.size() + this.pos, len = this.len;
      if (end > len) throw indexOutOfRange(this, end - this.pos);
      this.len = end;
      while (this.pos < end)
        array.push(this.sint64());
      if (this.pos !== end) throw RangeError("index out of range");
      this.len = len;
      return array;
    };
    Reader2.prototype.fixed64s = function read_fixed64s(array) {
      if (array === void 0) array = [];
      var len = this.size(), end = this.pos + len, i = array.length;
      if (end > this.len) throw indexOutOfRange(this, len);
      var count = len >>> 3;
      array.length = i + count;
      for (var j = 0; j < count; ++j)
        array[i++] = this.fixed64();
      if (this.pos !== end) throw indexOutOfRange(this, 8);
      return array;
    };
    Reader2.prototype.sfixed64s = function read_sfixed64s(array) {
      if (array === void 0) array = [];
      var len = this.size(), end = this.pos + len, i = array.length;
      if (end > this.len) throw indexOutOfRange(this, len);
      var count = len >>> 3;
      array.length = i + count;
      for (var j = 0; j < count; ++j)
        array[i++] = this.sfixed64();
      if (this.pos !== end) throw indexOutOfRange(this, 8);
      return array;
    };
    Reader2.prototype.bytes = function read_bytes() {
      var length = this.size(), start = this.pos, end = this.pos + length;
      if (end > this.len)
        throw indexOutOfRange(this, length);
      this.pos = end;
      return this.raw(start, end);
    };
    Reader2.prototype.string = function read_string() {
      var length = this.size(), start = this.pos, end = this.pos + length;
      if (end > this.len)
        throw indexOutOfRange(this, length);
      this.pos = end;
      return utf8.read(this.buf, start, end);
    };
    Reader2.prototype.stringVerify = function read_string_verify() {
      var length = this.size(), start = this.pos, end = this.pos + length;
      if (end > this.len)
        throw indexOutOfRange(this, length);
      this.pos = end;
      return utf8.readStrict(this.buf, start, end);
    };
    Reader2.prototype.skip = function skip(length) {
      if (typeof length === "number") {
        if (this.pos + length > this.len)
          throw indexOutOfRange(this, length);
        this.pos += length;
      } else {
        do {
          if (this.pos >= this.len)
            throw indexOutOfRange(this);
        } while (this.buf[this.pos++] & 128);
      }
      return this;
    };
    Reader2.recursionLimit = util.recursionLimit;
    Reader2.discardUnknown = true;
    Reader2.prototype.skipType = function(wireType, depth, fieldNumber) {
      if (depth === void 0) depth = 0;
      if (depth > Reader2.recursionLimit)
        throw Error("max depth exceeded");
      if (fieldNumber === 0)
        throw Error("illegal tag: field number 0");
      switch (wireType) {
        case 0:
          this.skip();
          break;
        case 1:
          this.skip(8);
          break;
        case 2:
          this.skip(this.size());
          break;
        case 3:
          while (true) {
            var tag = this.tag();
            var nestedField = tag >>> 3;
            wireType = tag & 7;
            if (!nestedField)
              throw Error("illegal tag: field number 0");
            if (wireType === 4) {
              if (fieldNumber !== void 0 && nestedField !== fieldNumber)
                throw Error("invalid end group tag");
              break;
            }
            this.skipType(wireType, depth + 1, nestedField);
          }
          break;
        case 5:
          this.skip(4);
          break;
        /* istanbul ignore next */
        default:
          throw Error("invalid wire type " + wireType + " at offset " + this.pos);
      }
      return this;
    };
    Reader2._configure = function(BufferReader_) {
      BufferReader = BufferReader_;
      Reader2.create = create();
      BufferReader._configure();
      var fn = util.Long ? "toLong" : (
        /* istanbul ignore next */
        "toNumber"
      );
      util.merge(Reader2.prototype, {
        int64: function read_int64() {
          return readLongVarint.call(this)[fn](false);
        },
        uint64: function read_uint64() {
          return readLongVarint.call(this)[fn](true);
        },
        sint64: function read_sint64() {
          return readLongVarint.call(this).zzDecode()[fn](false);
        },
        fixed64: function read_fixed64() {
          return readFixed64.call(this)[fn](true);
        },
        sfixed64: function read_sfixed64() {
          return readFixed64.call(this)[fn](false);
        }
      });
    };
  }
});

// node_modules/protobufjs/src/reader_buffer.js
var require_reader_buffer = __commonJS({
  "node_modules/protobufjs/src/reader_buffer.js"(exports, module) {
    "use strict";
    init_text_decoder();
    module.exports = BufferReader;
    var Reader2 = require_reader();
    BufferReader.prototype = Object.create(Reader2.prototype, {
      constructor: {
        value: BufferReader,
        writable: true,
        enumerable: false,
        configurable: true
      }
    });
    var util = require_minimal();
    function BufferReader(buffer) {
      Reader2.call(this, buffer);
    }
    BufferReader._configure = function() {
      if (util.Buffer)
        BufferReader.prototype._slice = util.Buffer.prototype.slice;
    };
    BufferReader.prototype.raw = function read_raw_buffer(start, end) {
      return this._slice.call(this.buf, start, end);
    };
    BufferReader.prototype.string = function read_string_buffer() {
      var len = this.size(), start = this.pos, end = this.pos + len;
      if (end > this.len)
        throw RangeError("index out of range: " + this.pos + " + " + len + " > " + this.len);
      this.pos = end;
      return this.buf.utf8Slice ? this.buf.utf8Slice(start, end) : this.buf.toString("utf-8", start, end);
    };
    BufferReader._configure();
  }
});

// replaced:./rpc
var require_rpc = __commonJS({
  "replaced:./rpc"(exports, module) {
    init_text_decoder();
    module.exports = void 0;
  }
});

// replaced:./roots
var require_roots = __commonJS({
  "replaced:./roots"(exports, module) {
    init_text_decoder();
    module.exports = void 0;
  }
});

// node_modules/protobufjs/src/index-minimal.js
var require_index_minimal = __commonJS({
  "node_modules/protobufjs/src/index-minimal.js"(exports) {
    "use strict";
    init_text_decoder();
    exports.build = "minimal";
    exports.Writer = require_writer();
    exports.BufferWriter = require_writer_buffer();
    exports.Reader = require_reader();
    exports.BufferReader = require_reader_buffer();
    exports.util = require_minimal();
    exports.rpc = require_rpc();
    exports.roots = require_roots();
    exports.configure = configure;
    function configure() {
      exports.util.LongBits._configure(exports.util.Long);
      exports.Writer._configure(exports.BufferWriter);
      exports.Reader._configure(exports.BufferReader);
    }
    configure();
  }
});

// node_modules/protobufjs/minimal.js
var require_minimal2 = __commonJS({
  "node_modules/protobufjs/minimal.js"(exports, module) {
    "use strict";
    init_text_decoder();
    module.exports = require_index_minimal();
  }
});

// proto/runtime/entry.js
init_text_decoder();
var import_minimal2 = __toESM(require_minimal2(), 1);

// static:link
init_text_decoder();
var import_minimal = __toESM(require_minimal2());
var $Reader = import_minimal.default.Reader;
var $Writer = import_minimal.default.Writer;
var $util = import_minimal.default.util;
var $Object = Object;
var $undefined = void 0;
var $Error = Error;
var $RangeError = RangeError;
var $root = {};
var sluice = $root.sluice = (() => {
  const sluice2 = {};
  sluice2.link = (function() {
    const link2 = {};
    link2.Envelope = (function() {
      const Envelope = function(properties) {
        this.blocks = [];
        this.gaps = [];
        this.acknowledgements = [];
        this.streams = [];
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Envelope.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.blocks != null && message.blocks.length)
          for (let i = 0; i < message.blocks.length; ++i)
            writer.uint32(10).bytes(message.blocks[i]);
        if (message.gaps != null && message.gaps.length)
          for (let i = 0; i < message.gaps.length; ++i)
            $root.sluice.link.Gap.encode(message.gaps[i], writer.uint32(18).fork(), _depth + 1).ldelim();
        if (message.acknowledgements != null && message.acknowledgements.length)
          for (let i = 0; i < message.acknowledgements.length; ++i)
            $root.sluice.link.Acknowledgement.encode(message.acknowledgements[i], writer.uint32(26).fork(), _depth + 1).ldelim();
        if (message.hello != null && $Object.hasOwnProperty.call(message, "hello"))
          $root.sluice.link.Hello.encode(message.hello, writer.uint32(34).fork(), _depth + 1).ldelim();
        if (message.challenge != null && $Object.hasOwnProperty.call(message, "challenge"))
          $root.sluice.link.Challenge.encode(message.challenge, writer.uint32(42).fork(), _depth + 1).ldelim();
        if (message.proof != null && $Object.hasOwnProperty.call(message, "proof"))
          $root.sluice.link.Proof.encode(message.proof, writer.uint32(50).fork(), _depth + 1).ldelim();
        if (message.welcome != null && $Object.hasOwnProperty.call(message, "welcome"))
          $root.sluice.link.Welcome.encode(message.welcome, writer.uint32(58).fork(), _depth + 1).ldelim();
        if (message.begin != null && $Object.hasOwnProperty.call(message, "begin"))
          $root.sluice.link.Begin.encode(message.begin, writer.uint32(66).fork(), _depth + 1).ldelim();
        if (message.resume != null && $Object.hasOwnProperty.call(message, "resume"))
          $root.sluice.link.Resume.encode(message.resume, writer.uint32(74).fork(), _depth + 1).ldelim();
        if (message.streams != null && message.streams.length)
          for (let i = 0; i < message.streams.length; ++i)
            $root.sluice.link.StreamDeclaration.encode(message.streams[i], writer.uint32(82).fork(), _depth + 1).ldelim();
        if (message.configuration != null && $Object.hasOwnProperty.call(message, "configuration"))
          $root.sluice.link.Configuration.encode(message.configuration, writer.uint32(90).fork(), _depth + 1).ldelim();
        if (message.configurationResult != null && $Object.hasOwnProperty.call(message, "configurationResult"))
          $root.sluice.link.ConfigurationResult.encode(message.configurationResult, writer.uint32(98).fork(), _depth + 1).ldelim();
        if (message.clock != null && $Object.hasOwnProperty.call(message, "clock"))
          $root.sluice.link.Clock.encode(message.clock, writer.uint32(106).fork(), _depth + 1).ldelim();
        if (message.clockRequest != null && $Object.hasOwnProperty.call(message, "clockRequest"))
          $root.sluice.link.ClockRequest.encode(message.clockRequest, writer.uint32(114).fork(), _depth + 1).ldelim();
        if (message.clockAnswer != null && $Object.hasOwnProperty.call(message, "clockAnswer"))
          $root.sluice.link.ClockAnswer.encode(message.clockAnswer, writer.uint32(122).fork(), _depth + 1).ldelim();
        if (message.call != null && $Object.hasOwnProperty.call(message, "call"))
          $root.sluice.link.Call.encode(message.call, writer.uint32(130).fork(), _depth + 1).ldelim();
        if (message.answer != null && $Object.hasOwnProperty.call(message, "answer"))
          $root.sluice.link.Answer.encode(message.answer, writer.uint32(138).fork(), _depth + 1).ldelim();
        if (message.status != null && $Object.hasOwnProperty.call(message, "status"))
          $root.sluice.link.Status.encode(message.status, writer.uint32(146).fork(), _depth + 1).ldelim();
        if (message.drain != null && $Object.hasOwnProperty.call(message, "drain"))
          $root.sluice.link.Drain.encode(message.drain, writer.uint32(154).fork(), _depth + 1).ldelim();
        if (message.refusal != null && $Object.hasOwnProperty.call(message, "refusal"))
          $root.sluice.link.Refusal.encode(message.refusal, writer.uint32(162).fork(), _depth + 1).ldelim();
        if (message.taken != null && $Object.hasOwnProperty.call(message, "taken") && message.taken !== 0)
          writer.uint32(168).uint32(message.taken);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Envelope.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Envelope();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 2)
                break;
              if (!(message.blocks && message.blocks.length))
                message.blocks = [];
              message.blocks.push(reader.bytes());
              continue;
            }
            case 2: {
              if (wireType !== 2)
                break;
              if (!(message.gaps && message.gaps.length))
                message.gaps = [];
              message.gaps.push($root.sluice.link.Gap.decode(reader, reader.size(), $undefined, _depth + 1));
              continue;
            }
            case 3: {
              if (wireType !== 2)
                break;
              if (!(message.acknowledgements && message.acknowledgements.length))
                message.acknowledgements = [];
              message.acknowledgements.push($root.sluice.link.Acknowledgement.decode(reader, reader.size(), $undefined, _depth + 1));
              continue;
            }
            case 4: {
              if (wireType !== 2)
                break;
              message.hello = $root.sluice.link.Hello.decode(reader, reader.size(), $undefined, _depth + 1, message.hello);
              continue;
            }
            case 5: {
              if (wireType !== 2)
                break;
              message.challenge = $root.sluice.link.Challenge.decode(reader, reader.size(), $undefined, _depth + 1, message.challenge);
              continue;
            }
            case 6: {
              if (wireType !== 2)
                break;
              message.proof = $root.sluice.link.Proof.decode(reader, reader.size(), $undefined, _depth + 1, message.proof);
              continue;
            }
            case 7: {
              if (wireType !== 2)
                break;
              message.welcome = $root.sluice.link.Welcome.decode(reader, reader.size(), $undefined, _depth + 1, message.welcome);
              continue;
            }
            case 8: {
              if (wireType !== 2)
                break;
              message.begin = $root.sluice.link.Begin.decode(reader, reader.size(), $undefined, _depth + 1, message.begin);
              continue;
            }
            case 9: {
              if (wireType !== 2)
                break;
              message.resume = $root.sluice.link.Resume.decode(reader, reader.size(), $undefined, _depth + 1, message.resume);
              continue;
            }
            case 10: {
              if (wireType !== 2)
                break;
              if (!(message.streams && message.streams.length))
                message.streams = [];
              message.streams.push($root.sluice.link.StreamDeclaration.decode(reader, reader.size(), $undefined, _depth + 1));
              continue;
            }
            case 11: {
              if (wireType !== 2)
                break;
              message.configuration = $root.sluice.link.Configuration.decode(reader, reader.size(), $undefined, _depth + 1, message.configuration);
              continue;
            }
            case 12: {
              if (wireType !== 2)
                break;
              message.configurationResult = $root.sluice.link.ConfigurationResult.decode(reader, reader.size(), $undefined, _depth + 1, message.configurationResult);
              continue;
            }
            case 13: {
              if (wireType !== 2)
                break;
              message.clock = $root.sluice.link.Clock.decode(reader, reader.size(), $undefined, _depth + 1, message.clock);
              continue;
            }
            case 14: {
              if (wireType !== 2)
                break;
              message.clockRequest = $root.sluice.link.ClockRequest.decode(reader, reader.size(), $undefined, _depth + 1, message.clockRequest);
              continue;
            }
            case 15: {
              if (wireType !== 2)
                break;
              message.clockAnswer = $root.sluice.link.ClockAnswer.decode(reader, reader.size(), $undefined, _depth + 1, message.clockAnswer);
              continue;
            }
            case 16: {
              if (wireType !== 2)
                break;
              message.call = $root.sluice.link.Call.decode(reader, reader.size(), $undefined, _depth + 1, message.call);
              continue;
            }
            case 17: {
              if (wireType !== 2)
                break;
              message.answer = $root.sluice.link.Answer.decode(reader, reader.size(), $undefined, _depth + 1, message.answer);
              continue;
            }
            case 18: {
              if (wireType !== 2)
                break;
              message.status = $root.sluice.link.Status.decode(reader, reader.size(), $undefined, _depth + 1, message.status);
              continue;
            }
            case 19: {
              if (wireType !== 2)
                break;
              message.drain = $root.sluice.link.Drain.decode(reader, reader.size(), $undefined, _depth + 1, message.drain);
              continue;
            }
            case 20: {
              if (wireType !== 2)
                break;
              message.refusal = $root.sluice.link.Refusal.decode(reader, reader.size(), $undefined, _depth + 1, message.refusal);
              continue;
            }
            case 21: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.taken = value;
              else
                delete message.taken;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Envelope;
    })();
    link2.Boot = (function() {
      const Boot = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Boot.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.counter != null && $Object.hasOwnProperty.call(message, "counter") && message.counter !== 0)
          writer.uint32(8).uint32(message.counter);
        if (message.random != null && $Object.hasOwnProperty.call(message, "random") && message.random !== 0)
          writer.uint32(16).uint32(message.random);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Boot.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Boot();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.counter = value;
              else
                delete message.counter;
              continue;
            }
            case 2: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.random = value;
              else
                delete message.random;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Boot;
    })();
    link2.Gap = (function() {
      const Gap = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Gap.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.stream != null && $Object.hasOwnProperty.call(message, "stream") && message.stream !== 0)
          writer.uint32(8).uint32(message.stream);
        if (message.next != null && $Object.hasOwnProperty.call(message, "next") && message.next !== 0)
          writer.uint32(16).uint32(message.next);
        if (message.boot != null && $Object.hasOwnProperty.call(message, "boot"))
          $root.sluice.link.Boot.encode(message.boot, writer.uint32(26).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Gap.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Gap();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.stream = value;
              else
                delete message.stream;
              continue;
            }
            case 2: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.next = value;
              else
                delete message.next;
              continue;
            }
            case 3: {
              if (wireType !== 2)
                break;
              message.boot = $root.sluice.link.Boot.decode(reader, reader.size(), $undefined, _depth + 1, message.boot);
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Gap;
    })();
    link2.Acknowledgement = (function() {
      const Acknowledgement = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Acknowledgement.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.stream != null && $Object.hasOwnProperty.call(message, "stream") && message.stream !== 0)
          writer.uint32(8).uint32(message.stream);
        if (message.next != null && $Object.hasOwnProperty.call(message, "next") && message.next !== 0)
          writer.uint32(16).uint32(message.next);
        if (message.boot != null && $Object.hasOwnProperty.call(message, "boot"))
          $root.sluice.link.Boot.encode(message.boot, writer.uint32(26).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Acknowledgement.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Acknowledgement();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.stream = value;
              else
                delete message.stream;
              continue;
            }
            case 2: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.next = value;
              else
                delete message.next;
              continue;
            }
            case 3: {
              if (wireType !== 2)
                break;
              message.boot = $root.sluice.link.Boot.decode(reader, reader.size(), $undefined, _depth + 1, message.boot);
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Acknowledgement;
    })();
    link2.Hello = (function() {
      const Hello = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Hello.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.protocol != null && $Object.hasOwnProperty.call(message, "protocol") && message.protocol !== 0)
          writer.uint32(8).uint32(message.protocol);
        if (message.part != null && $Object.hasOwnProperty.call(message, "part") && message.part !== "")
          writer.uint32(18).string(message.part);
        if (message.boot != null && $Object.hasOwnProperty.call(message, "boot"))
          $root.sluice.link.Boot.encode(message.boot, writer.uint32(26).fork(), _depth + 1).ldelim();
        if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce") && message.nonce.length)
          writer.uint32(34).bytes(message.nonce);
        if (message.receives != null && $Object.hasOwnProperty.call(message, "receives") && message.receives !== 0)
          writer.uint32(40).uint32(message.receives);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Hello.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Hello();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.protocol = value;
              else
                delete message.protocol;
              continue;
            }
            case 2: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.part = value;
              else
                delete message.part;
              continue;
            }
            case 3: {
              if (wireType !== 2)
                break;
              message.boot = $root.sluice.link.Boot.decode(reader, reader.size(), $undefined, _depth + 1, message.boot);
              continue;
            }
            case 4: {
              if (wireType !== 2)
                break;
              if ((value = reader.bytes()).length)
                message.nonce = value;
              else
                delete message.nonce;
              continue;
            }
            case 5: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.receives = value;
              else
                delete message.receives;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Hello;
    })();
    link2.Challenge = (function() {
      const Challenge = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Challenge.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.protocol != null && $Object.hasOwnProperty.call(message, "protocol") && message.protocol !== 0)
          writer.uint32(8).uint32(message.protocol);
        if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce") && message.nonce.length)
          writer.uint32(18).bytes(message.nonce);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Challenge.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Challenge();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.protocol = value;
              else
                delete message.protocol;
              continue;
            }
            case 2: {
              if (wireType !== 2)
                break;
              if ((value = reader.bytes()).length)
                message.nonce = value;
              else
                delete message.nonce;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Challenge;
    })();
    link2.Proof = (function() {
      const Proof = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Proof.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.proof != null && $Object.hasOwnProperty.call(message, "proof") && message.proof.length)
          writer.uint32(10).bytes(message.proof);
        if (message.monotonic != null && $Object.hasOwnProperty.call(message, "monotonic") && !$Object.is(message.monotonic, 0))
          writer.uint32(17).double(message.monotonic);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Proof.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Proof();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 2)
                break;
              if ((value = reader.bytes()).length)
                message.proof = value;
              else
                delete message.proof;
              continue;
            }
            case 2: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.monotonic = value;
              else
                delete message.monotonic;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Proof;
    })();
    link2.Welcome = (function() {
      const Welcome = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Welcome.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.proof != null && $Object.hasOwnProperty.call(message, "proof") && message.proof.length)
          writer.uint32(10).bytes(message.proof);
        if (message.monotonic != null && $Object.hasOwnProperty.call(message, "monotonic") && !$Object.is(message.monotonic, 0))
          writer.uint32(17).double(message.monotonic);
        if (message.wall != null && $Object.hasOwnProperty.call(message, "wall") && !$Object.is(message.wall, 0))
          writer.uint32(25).double(message.wall);
        if (message.window != null && $Object.hasOwnProperty.call(message, "window") && message.window !== 0)
          writer.uint32(32).uint32(message.window);
        if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message !== 0)
          writer.uint32(40).uint32(message.message);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Welcome.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Welcome();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 2)
                break;
              if ((value = reader.bytes()).length)
                message.proof = value;
              else
                delete message.proof;
              continue;
            }
            case 2: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.monotonic = value;
              else
                delete message.monotonic;
              continue;
            }
            case 3: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.wall = value;
              else
                delete message.wall;
              continue;
            }
            case 4: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.window = value;
              else
                delete message.window;
              continue;
            }
            case 5: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.message = value;
              else
                delete message.message;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Welcome;
    })();
    link2.Begin = (function() {
      const Begin = function(properties) {
        this.retained = [];
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Begin.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.firmware != null && $Object.hasOwnProperty.call(message, "firmware") && message.firmware !== "")
          writer.uint32(10).string(message.firmware);
        if (message.chip != null && $Object.hasOwnProperty.call(message, "chip") && message.chip !== "")
          writer.uint32(18).string(message.chip);
        if (message.resetReason != null && $Object.hasOwnProperty.call(message, "resetReason") && message.resetReason !== "")
          writer.uint32(26).string(message.resetReason);
        if (message.configurationRevision != null && $Object.hasOwnProperty.call(message, "configurationRevision") && message.configurationRevision !== "")
          writer.uint32(34).string(message.configurationRevision);
        if (message.retained != null && message.retained.length)
          for (let i = 0; i < message.retained.length; ++i)
            $root.sluice.link.Boot.encode(message.retained[i], writer.uint32(42).fork(), _depth + 1).ldelim();
        if (message.clock != null && $Object.hasOwnProperty.call(message, "clock"))
          $root.sluice.link.Clock.encode(message.clock, writer.uint32(50).fork(), _depth + 1).ldelim();
        if (message.previousUptime != null && $Object.hasOwnProperty.call(message, "previousUptime") && !$Object.is(message.previousUptime, 0))
          writer.uint32(57).double(message.previousUptime);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Begin.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Begin();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.firmware = value;
              else
                delete message.firmware;
              continue;
            }
            case 2: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.chip = value;
              else
                delete message.chip;
              continue;
            }
            case 3: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.resetReason = value;
              else
                delete message.resetReason;
              continue;
            }
            case 4: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.configurationRevision = value;
              else
                delete message.configurationRevision;
              continue;
            }
            case 5: {
              if (wireType !== 2)
                break;
              if (!(message.retained && message.retained.length))
                message.retained = [];
              message.retained.push($root.sluice.link.Boot.decode(reader, reader.size(), $undefined, _depth + 1));
              continue;
            }
            case 6: {
              if (wireType !== 2)
                break;
              message.clock = $root.sluice.link.Clock.decode(reader, reader.size(), $undefined, _depth + 1, message.clock);
              continue;
            }
            case 7: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.previousUptime = value;
              else
                delete message.previousUptime;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Begin;
    })();
    link2.Resume = (function() {
      const Resume = function(properties) {
        this.positions = [];
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Resume.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.positions != null && message.positions.length)
          for (let i = 0; i < message.positions.length; ++i)
            $root.sluice.link.Acknowledgement.encode(message.positions[i], writer.uint32(10).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Resume.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Resume();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 2)
                break;
              if (!(message.positions && message.positions.length))
                message.positions = [];
              message.positions.push($root.sluice.link.Acknowledgement.decode(reader, reader.size(), $undefined, _depth + 1));
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Resume;
    })();
    link2.StreamDeclaration = (function() {
      const StreamDeclaration = function(properties) {
        this.parameters = {};
        this.tags = [];
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      StreamDeclaration.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.number != null && $Object.hasOwnProperty.call(message, "number") && message.number !== 0)
          writer.uint32(8).uint32(message.number);
        if (message.boot != null && $Object.hasOwnProperty.call(message, "boot"))
          $root.sluice.link.Boot.encode(message.boot, writer.uint32(18).fork(), _depth + 1).ldelim();
        if (message.owner != null && $Object.hasOwnProperty.call(message, "owner") && message.owner !== 0)
          writer.uint32(24).int32(message.owner);
        if (message.resource != null && $Object.hasOwnProperty.call(message, "resource") && message.resource !== "")
          writer.uint32(34).string(message.resource);
        if (message.method != null && $Object.hasOwnProperty.call(message, "method") && message.method !== "")
          writer.uint32(42).string(message.method);
        if (message.parameters != null && $Object.hasOwnProperty.call(message, "parameters"))
          for (let keys = $Object.keys(message.parameters), i = 0; i < keys.length; ++i)
            writer.uint32(50).fork().uint32(10).string(keys[i]).uint32(18).string(message.parameters[keys[i]]).ldelim();
        if (message.tags != null && message.tags.length)
          for (let i = 0; i < message.tags.length; ++i)
            writer.uint32(58).string(message.tags[i]);
        if (message.retention != null && $Object.hasOwnProperty.call(message, "retention"))
          $root.sluice.link.Retention.encode(message.retention, writer.uint32(66).fork(), _depth + 1).ldelim();
        if (message.range != null && $Object.hasOwnProperty.call(message, "range"))
          $root.sluice.link.Range.encode(message.range, writer.uint32(74).fork(), _depth + 1).ldelim();
        if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== 0)
          writer.uint32(80).int32(message.kind);
        if (message.periodNumerator != null && $Object.hasOwnProperty.call(message, "periodNumerator") && message.periodNumerator !== 0)
          writer.uint32(88).uint32(message.periodNumerator);
        if (message.periodDenominator != null && $Object.hasOwnProperty.call(message, "periodDenominator") && message.periodDenominator !== 0)
          writer.uint32(96).uint32(message.periodDenominator);
        if (message.clock != null && $Object.hasOwnProperty.call(message, "clock"))
          $root.sluice.link.Clock.encode(message.clock, writer.uint32(106).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      StreamDeclaration.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, key, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.StreamDeclaration();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.number = value;
              else
                delete message.number;
              continue;
            }
            case 2: {
              if (wireType !== 2)
                break;
              message.boot = $root.sluice.link.Boot.decode(reader, reader.size(), $undefined, _depth + 1, message.boot);
              continue;
            }
            case 3: {
              if (wireType !== 0)
                break;
              if (value = reader.int32())
                message.owner = value;
              else
                delete message.owner;
              continue;
            }
            case 4: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.resource = value;
              else
                delete message.resource;
              continue;
            }
            case 5: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.method = value;
              else
                delete message.method;
              continue;
            }
            case 6: {
              if (wireType !== 2)
                break;
              if (message.parameters === $util.emptyObject)
                message.parameters = {};
              let end2 = reader.size() + reader.pos;
              if (end2 > reader.len)
                throw $RangeError("index out of range");
              reader.len = end2;
              key = "";
              value = "";
              while (reader.pos < end2) {
                let tag2 = reader.tag();
                wireType = tag2 & 7;
                switch (tag2 >>>= 3) {
                  case 1:
                    if (wireType !== 2)
                      break;
                    key = reader.stringVerify();
                    continue;
                  case 2:
                    if (wireType !== 2)
                      break;
                    value = reader.stringVerify();
                    continue;
                }
                reader.skipType(wireType, _depth, tag2);
              }
              if (reader.pos !== end2)
                throw $RangeError("index out of range");
              reader.len = end;
              if (key === "__proto__")
                $util.makeProp(message.parameters, key);
              message.parameters[key] = value;
              continue;
            }
            case 7: {
              if (wireType !== 2)
                break;
              if (!(message.tags && message.tags.length))
                message.tags = [];
              message.tags.push(reader.stringVerify());
              continue;
            }
            case 8: {
              if (wireType !== 2)
                break;
              message.retention = $root.sluice.link.Retention.decode(reader, reader.size(), $undefined, _depth + 1, message.retention);
              continue;
            }
            case 9: {
              if (wireType !== 2)
                break;
              message.range = $root.sluice.link.Range.decode(reader, reader.size(), $undefined, _depth + 1, message.range);
              continue;
            }
            case 10: {
              if (wireType !== 0)
                break;
              if (value = reader.int32())
                message.kind = value;
              else
                delete message.kind;
              continue;
            }
            case 11: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.periodNumerator = value;
              else
                delete message.periodNumerator;
              continue;
            }
            case 12: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.periodDenominator = value;
              else
                delete message.periodDenominator;
              continue;
            }
            case 13: {
              if (wireType !== 2)
                break;
              message.clock = $root.sluice.link.Clock.decode(reader, reader.size(), $undefined, _depth + 1, message.clock);
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      StreamDeclaration.Owner = (function() {
        const valuesById = $Object.create(null), values = {};
        values[valuesById[0] = "PART"] = 0;
        values[valuesById[1] = "MAIN"] = 1;
        return values;
      })();
      StreamDeclaration.Kind = (function() {
        const valuesById = $Object.create(null), values = {};
        values[valuesById[0] = "INTEGER"] = 0;
        values[valuesById[1] = "BOOLEAN"] = 1;
        values[valuesById[2] = "DOUBLE"] = 2;
        values[valuesById[3] = "RECORD"] = 3;
        return values;
      })();
      return StreamDeclaration;
    })();
    link2.Retention = (function() {
      const Retention = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Retention.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.days != null && $Object.hasOwnProperty.call(message, "days") && message.days !== 0)
          writer.uint32(8).uint32(message.days);
        if (message.binaryLimitGb != null && $Object.hasOwnProperty.call(message, "binaryLimitGb") && message.binaryLimitGb !== 0)
          writer.uint32(16).uint32(message.binaryLimitGb);
        if (message.tabularLimitGb != null && $Object.hasOwnProperty.call(message, "tabularLimitGb") && message.tabularLimitGb !== 0)
          writer.uint32(24).uint32(message.tabularLimitGb);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Retention.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Retention();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.days = value;
              else
                delete message.days;
              continue;
            }
            case 2: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.binaryLimitGb = value;
              else
                delete message.binaryLimitGb;
              continue;
            }
            case 3: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.tabularLimitGb = value;
              else
                delete message.tabularLimitGb;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Retention;
    })();
    link2.Range = (function() {
      const Range = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Range.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.min != null && $Object.hasOwnProperty.call(message, "min") && !$Object.is(message.min, 0))
          writer.uint32(9).double(message.min);
        if (message.max != null && $Object.hasOwnProperty.call(message, "max") && !$Object.is(message.max, 0))
          writer.uint32(17).double(message.max);
        if (message.step != null && $Object.hasOwnProperty.call(message, "step") && !$Object.is(message.step, 0))
          writer.uint32(25).double(message.step);
        if (message.unit != null && $Object.hasOwnProperty.call(message, "unit") && message.unit !== "")
          writer.uint32(34).string(message.unit);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Range.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Range();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.min = value;
              else
                delete message.min;
              continue;
            }
            case 2: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.max = value;
              else
                delete message.max;
              continue;
            }
            case 3: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.step = value;
              else
                delete message.step;
              continue;
            }
            case 4: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.unit = value;
              else
                delete message.unit;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Range;
    })();
    link2.Configuration = (function() {
      const Configuration = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Configuration.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.revision != null && $Object.hasOwnProperty.call(message, "revision") && message.revision !== "")
          writer.uint32(10).string(message.revision);
        if (message.part != null && $Object.hasOwnProperty.call(message, "part") && message.part !== "")
          writer.uint32(18).string(message.part);
        if (message.additions != null && $Object.hasOwnProperty.call(message, "additions") && message.additions !== "")
          writer.uint32(26).string(message.additions);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Configuration.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Configuration();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.revision = value;
              else
                delete message.revision;
              continue;
            }
            case 2: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.part = value;
              else
                delete message.part;
              continue;
            }
            case 3: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.additions = value;
              else
                delete message.additions;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Configuration;
    })();
    link2.ConfigurationResult = (function() {
      const ConfigurationResult = function(properties) {
        this.problems = [];
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      ConfigurationResult.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.revision != null && $Object.hasOwnProperty.call(message, "revision") && message.revision !== "")
          writer.uint32(10).string(message.revision);
        if (message.applied != null && $Object.hasOwnProperty.call(message, "applied") && message.applied !== false)
          writer.uint32(16).bool(message.applied);
        if (message.problems != null && message.problems.length)
          for (let i = 0; i < message.problems.length; ++i)
            $root.sluice.link.Problem.encode(message.problems[i], writer.uint32(26).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      ConfigurationResult.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.ConfigurationResult();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.revision = value;
              else
                delete message.revision;
              continue;
            }
            case 2: {
              if (wireType !== 0)
                break;
              if (value = reader.bool())
                message.applied = value;
              else
                delete message.applied;
              continue;
            }
            case 3: {
              if (wireType !== 2)
                break;
              if (!(message.problems && message.problems.length))
                message.problems = [];
              message.problems.push($root.sluice.link.Problem.decode(reader, reader.size(), $undefined, _depth + 1));
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return ConfigurationResult;
    })();
    link2.Problem = (function() {
      const Problem = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Problem.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.error != null && $Object.hasOwnProperty.call(message, "error") && message.error !== false)
          writer.uint32(8).bool(message.error);
        if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
          writer.uint32(18).string(message.code);
        if (message.path != null && $Object.hasOwnProperty.call(message, "path") && message.path !== "")
          writer.uint32(26).string(message.path);
        if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message !== "")
          writer.uint32(34).string(message.message);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Problem.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Problem();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.bool())
                message.error = value;
              else
                delete message.error;
              continue;
            }
            case 2: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.code = value;
              else
                delete message.code;
              continue;
            }
            case 3: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.path = value;
              else
                delete message.path;
              continue;
            }
            case 4: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.message = value;
              else
                delete message.message;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Problem;
    })();
    link2.Clock = (function() {
      const Clock = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Clock.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.source != null && $Object.hasOwnProperty.call(message, "source") && message.source !== 0)
          writer.uint32(8).int32(message.source);
        if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && !$Object.is(message.offset, 0))
          writer.uint32(17).double(message.offset);
        if (message.roundTrip != null && $Object.hasOwnProperty.call(message, "roundTrip") && !$Object.is(message.roundTrip, 0))
          writer.uint32(25).double(message.roundTrip);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Clock.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Clock();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.int32())
                message.source = value;
              else
                delete message.source;
              continue;
            }
            case 2: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.offset = value;
              else
                delete message.offset;
              continue;
            }
            case 3: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.roundTrip = value;
              else
                delete message.roundTrip;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      Clock.Source = (function() {
        const valuesById = $Object.create(null), values = {};
        values[valuesById[0] = "UNKNOWN"] = 0;
        values[valuesById[1] = "GATEWAY"] = 1;
        values[valuesById[2] = "SNTP"] = 2;
        return values;
      })();
      return Clock;
    })();
    link2.ClockRequest = (function() {
      const ClockRequest = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      ClockRequest.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.monotonic != null && $Object.hasOwnProperty.call(message, "monotonic") && !$Object.is(message.monotonic, 0))
          writer.uint32(9).double(message.monotonic);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      ClockRequest.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.ClockRequest();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.monotonic = value;
              else
                delete message.monotonic;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return ClockRequest;
    })();
    link2.ClockAnswer = (function() {
      const ClockAnswer = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      ClockAnswer.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.monotonic != null && $Object.hasOwnProperty.call(message, "monotonic") && !$Object.is(message.monotonic, 0))
          writer.uint32(9).double(message.monotonic);
        if (message.wall != null && $Object.hasOwnProperty.call(message, "wall") && !$Object.is(message.wall, 0))
          writer.uint32(17).double(message.wall);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      ClockAnswer.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.ClockAnswer();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.monotonic = value;
              else
                delete message.monotonic;
              continue;
            }
            case 2: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.wall = value;
              else
                delete message.wall;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return ClockAnswer;
    })();
    link2.Call = (function() {
      const Call = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Call.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
          writer.uint32(8).uint32(message.id);
        if (message.resource != null && $Object.hasOwnProperty.call(message, "resource") && message.resource !== "")
          writer.uint32(18).string(message.resource);
        if (message.method != null && $Object.hasOwnProperty.call(message, "method") && message.method !== "")
          writer.uint32(26).string(message.method);
        if (message.parameters != null && $Object.hasOwnProperty.call(message, "parameters") && message.parameters !== "")
          writer.uint32(34).string(message.parameters);
        if (message.deadline != null && $Object.hasOwnProperty.call(message, "deadline") && message.deadline !== 0)
          writer.uint32(40).uint32(message.deadline);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Call.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Call();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.id = value;
              else
                delete message.id;
              continue;
            }
            case 2: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.resource = value;
              else
                delete message.resource;
              continue;
            }
            case 3: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.method = value;
              else
                delete message.method;
              continue;
            }
            case 4: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.parameters = value;
              else
                delete message.parameters;
              continue;
            }
            case 5: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.deadline = value;
              else
                delete message.deadline;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Call;
    })();
    link2.Answer = (function() {
      const Answer = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Answer.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
          writer.uint32(8).uint32(message.id);
        if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
          writer.uint32(18).string(message.code);
        if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message !== "")
          writer.uint32(26).string(message.message);
        if (message.result != null && $Object.hasOwnProperty.call(message, "result") && message.result !== "")
          writer.uint32(34).string(message.result);
        if (message.more != null && $Object.hasOwnProperty.call(message, "more") && message.more !== false)
          writer.uint32(40).bool(message.more);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Answer.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Answer();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.id = value;
              else
                delete message.id;
              continue;
            }
            case 2: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.code = value;
              else
                delete message.code;
              continue;
            }
            case 3: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.message = value;
              else
                delete message.message;
              continue;
            }
            case 4: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.result = value;
              else
                delete message.result;
              continue;
            }
            case 5: {
              if (wireType !== 0)
                break;
              if (value = reader.bool())
                message.more = value;
              else
                delete message.more;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Answer;
    })();
    link2.Status = (function() {
      const Status = function(properties) {
        this.streams = [];
        this.losses = [];
        this.retained = [];
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Status.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.monotonic != null && $Object.hasOwnProperty.call(message, "monotonic") && !$Object.is(message.monotonic, 0))
          writer.uint32(9).double(message.monotonic);
        if (message.streams != null && message.streams.length)
          for (let i = 0; i < message.streams.length; ++i)
            $root.sluice.link.StreamStatus.encode(message.streams[i], writer.uint32(18).fork(), _depth + 1).ldelim();
        if (message.ledger != null && $Object.hasOwnProperty.call(message, "ledger") && message.ledger !== false)
          writer.uint32(24).bool(message.ledger);
        if (message.losses != null && message.losses.length)
          for (let i = 0; i < message.losses.length; ++i)
            $root.sluice.link.Loss.encode(message.losses[i], writer.uint32(34).fork(), _depth + 1).ldelim();
        if (message.details != null && $Object.hasOwnProperty.call(message, "details") && message.details !== "")
          writer.uint32(42).string(message.details);
        if (message.retained != null && message.retained.length)
          for (let i = 0; i < message.retained.length; ++i)
            $root.sluice.link.Boot.encode(message.retained[i], writer.uint32(50).fork(), _depth + 1).ldelim();
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Status.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Status();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.monotonic = value;
              else
                delete message.monotonic;
              continue;
            }
            case 2: {
              if (wireType !== 2)
                break;
              if (!(message.streams && message.streams.length))
                message.streams = [];
              message.streams.push($root.sluice.link.StreamStatus.decode(reader, reader.size(), $undefined, _depth + 1));
              continue;
            }
            case 3: {
              if (wireType !== 0)
                break;
              if (value = reader.bool())
                message.ledger = value;
              else
                delete message.ledger;
              continue;
            }
            case 4: {
              if (wireType !== 2)
                break;
              if (!(message.losses && message.losses.length))
                message.losses = [];
              message.losses.push($root.sluice.link.Loss.decode(reader, reader.size(), $undefined, _depth + 1));
              continue;
            }
            case 5: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.details = value;
              else
                delete message.details;
              continue;
            }
            case 6: {
              if (wireType !== 2)
                break;
              if (!(message.retained && message.retained.length))
                message.retained = [];
              message.retained.push($root.sluice.link.Boot.decode(reader, reader.size(), $undefined, _depth + 1));
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Status;
    })();
    link2.StreamStatus = (function() {
      const StreamStatus = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      StreamStatus.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.stream != null && $Object.hasOwnProperty.call(message, "stream") && message.stream !== 0)
          writer.uint32(8).uint32(message.stream);
        if (message.captured != null && $Object.hasOwnProperty.call(message, "captured") && !$Object.is(message.captured, 0))
          writer.uint32(17).double(message.captured);
        if (message.acknowledged != null && $Object.hasOwnProperty.call(message, "acknowledged") && !$Object.is(message.acknowledged, 0))
          writer.uint32(25).double(message.acknowledged);
        if (message.overwritten != null && $Object.hasOwnProperty.call(message, "overwritten") && !$Object.is(message.overwritten, 0))
          writer.uint32(33).double(message.overwritten);
        if (message.discarded != null && $Object.hasOwnProperty.call(message, "discarded") && !$Object.is(message.discarded, 0))
          writer.uint32(41).double(message.discarded);
        if (message.stored != null && $Object.hasOwnProperty.call(message, "stored") && !$Object.is(message.stored, 0))
          writer.uint32(49).double(message.stored);
        if (message.missed != null && $Object.hasOwnProperty.call(message, "missed") && !$Object.is(message.missed, 0))
          writer.uint32(57).double(message.missed);
        if (message.late != null && $Object.hasOwnProperty.call(message, "late") && !$Object.is(message.late, 0))
          writer.uint32(65).double(message.late);
        if (message.failed != null && $Object.hasOwnProperty.call(message, "failed") && !$Object.is(message.failed, 0))
          writer.uint32(73).double(message.failed);
        if (message.refused != null && $Object.hasOwnProperty.call(message, "refused") && !$Object.is(message.refused, 0))
          writer.uint32(81).double(message.refused);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      StreamStatus.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.StreamStatus();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.stream = value;
              else
                delete message.stream;
              continue;
            }
            case 2: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.captured = value;
              else
                delete message.captured;
              continue;
            }
            case 3: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.acknowledged = value;
              else
                delete message.acknowledged;
              continue;
            }
            case 4: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.overwritten = value;
              else
                delete message.overwritten;
              continue;
            }
            case 5: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.discarded = value;
              else
                delete message.discarded;
              continue;
            }
            case 6: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.stored = value;
              else
                delete message.stored;
              continue;
            }
            case 7: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.missed = value;
              else
                delete message.missed;
              continue;
            }
            case 8: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.late = value;
              else
                delete message.late;
              continue;
            }
            case 9: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.failed = value;
              else
                delete message.failed;
              continue;
            }
            case 10: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.refused = value;
              else
                delete message.refused;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return StreamStatus;
    })();
    link2.Loss = (function() {
      const Loss = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Loss.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.stream != null && $Object.hasOwnProperty.call(message, "stream") && message.stream !== 0)
          writer.uint32(8).sint32(message.stream);
        if (message.cause != null && $Object.hasOwnProperty.call(message, "cause") && message.cause !== "")
          writer.uint32(18).string(message.cause);
        if (message.stretches != null && $Object.hasOwnProperty.call(message, "stretches") && message.stretches !== 0)
          writer.uint32(24).uint32(message.stretches);
        if (message.blocks != null && $Object.hasOwnProperty.call(message, "blocks") && !$Object.is(message.blocks, 0))
          writer.uint32(33).double(message.blocks);
        if (message.readings != null && $Object.hasOwnProperty.call(message, "readings") && !$Object.is(message.readings, 0))
          writer.uint32(41).double(message.readings);
        if (message.start != null && $Object.hasOwnProperty.call(message, "start") && !$Object.is(message.start, 0))
          writer.uint32(49).double(message.start);
        if (message.end != null && $Object.hasOwnProperty.call(message, "end") && !$Object.is(message.end, 0))
          writer.uint32(57).double(message.end);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Loss.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Loss();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 0)
                break;
              if (value = reader.sint32())
                message.stream = value;
              else
                delete message.stream;
              continue;
            }
            case 2: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.cause = value;
              else
                delete message.cause;
              continue;
            }
            case 3: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.stretches = value;
              else
                delete message.stretches;
              continue;
            }
            case 4: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.blocks = value;
              else
                delete message.blocks;
              continue;
            }
            case 5: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.readings = value;
              else
                delete message.readings;
              continue;
            }
            case 6: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.start = value;
              else
                delete message.start;
              continue;
            }
            case 7: {
              if (wireType !== 1)
                break;
              if (!$Object.is(value = reader.double(), 0))
                message.end = value;
              else
                delete message.end;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Loss;
    })();
    link2.Drain = (function() {
      const Drain = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Drain.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
          writer.uint32(10).string(message.reason);
        if (message.retry != null && $Object.hasOwnProperty.call(message, "retry") && message.retry !== 0)
          writer.uint32(16).uint32(message.retry);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Drain.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Drain();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.reason = value;
              else
                delete message.reason;
              continue;
            }
            case 2: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.retry = value;
              else
                delete message.retry;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Drain;
    })();
    link2.Refusal = (function() {
      const Refusal = function(properties) {
        if (properties) {
          for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
            if (properties[keys[i]] != null && keys[i] !== "__proto__")
              this[keys[i]] = properties[keys[i]];
        }
      };
      Refusal.encode = function(message, writer, _depth) {
        if (!writer)
          writer = $Writer.create();
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $util.recursionLimit)
          throw $Error("max depth exceeded");
        if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
          writer.uint32(10).string(message.code);
        if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message !== "")
          writer.uint32(18).string(message.message);
        if (message.retry != null && $Object.hasOwnProperty.call(message, "retry") && message.retry !== 0)
          writer.uint32(24).uint32(message.retry);
        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
          for (let i = 0; i < message.$unknowns.length; ++i)
            writer.raw(message.$unknowns[i]);
        return writer;
      };
      Refusal.decode = function(reader, length, _end, _depth, _target) {
        if (!(reader instanceof $Reader))
          reader = $Reader.create(reader);
        if (_depth === $undefined)
          _depth = 0;
        if (_depth > $Reader.recursionLimit)
          throw $Error("max depth exceeded");
        let end, message, value;
        if (length === $undefined)
          end = reader.len;
        else {
          end = reader.pos + length;
          if (end > reader.len)
            throw $RangeError("index out of range");
          length = reader.len;
          reader.len = end;
        }
        message = _target || new $root.sluice.link.Refusal();
        while (reader.pos < end) {
          let start = reader.pos;
          let tag = reader.tag();
          if (tag === _end) {
            _end = $undefined;
            break;
          }
          let wireType = tag & 7;
          switch (tag >>>= 3) {
            case 1: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.code = value;
              else
                delete message.code;
              continue;
            }
            case 2: {
              if (wireType !== 2)
                break;
              if ((value = reader.stringVerify()).length)
                message.message = value;
              else
                delete message.message;
              continue;
            }
            case 3: {
              if (wireType !== 0)
                break;
              if (value = reader.uint32())
                message.retry = value;
              else
                delete message.retry;
              continue;
            }
          }
          reader.skipType(wireType, _depth, tag);
          if (!reader.discardUnknown) {
            $util.makeProp(message, "$unknowns", false);
            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
          }
        }
        if (length !== $undefined) {
          if (reader.pos !== end)
            throw $RangeError("index out of range");
          reader.len = length;
        }
        if (_end !== $undefined)
          throw $Error("missing end group");
        return message;
      };
      return Refusal;
    })();
    return link2;
  })();
  return sluice2;
})();
Object.freeze($root, true);

// proto/runtime/entry.js
var import_minimal3 = __toESM(require_minimal2(), 1);
var link = Object.freeze(sluice.link, true);
Object.freeze(sluice, true);
Object.freeze(import_minimal3.default, true);
var export_Reader = import_minimal2.Reader;
var export_Writer = import_minimal2.Writer;
export {
  export_Reader as Reader,
  export_Writer as Writer,
  link,
  sluice
};

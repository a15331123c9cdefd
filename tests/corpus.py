"""Requests that nobody means well with, as bytes for a socket: each is to be refused, or its connection closed."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

# What must turn up neither in an answer nor in a log.
MARKER = "hostile-marker-51c0"
JSON, ARROW = "application/json", "application/vnd.apache.arrow.stream"
# Steps of sending, besides bytes and seconds of waiting: to end one's own half of the connection.
HALF = "half-close"


class Hostile(NamedTuple):
    """A request: where it belongs, what it is called, what is sent in which steps, and how many answers may come."""

    group: str
    name: str
    steps: list[bytes | float | str]
    answers: int = 1


def request(
    method: str = "POST",
    path: str = "/v1/predict",
    body: bytes = b"",
    *lines: str | bytes,
    version: str = "HTTP/1.1",
    length: bool = True,
) -> bytes:
    """Return a request, with a Content-Length unless told otherwise, and these lines in its head."""
    head = [f"{method} {path} {version}".encode("latin-1"), b"host: localhost"]
    head += [line if isinstance(line, bytes) else line.encode("latin-1") for line in lines]
    head += [b"content-length: %d" % len(body)] if length and (body or method == "POST") else []
    return b"\r\n".join([*head, b"", b""]) + body


def post(content: Any, *lines: str | bytes, kind: str = JSON, length: bool = True) -> bytes:
    """Return a prediction request with this body: bytes, or what becomes JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return request("POST", "/v1/predict", body, f"content-type: {kind}", *lines, length=length)


def corpus(row: dict[str, Any]) -> list[Hostile]:
    """Return all of them; `row` is one that the model takes."""
    makers = (bodies, values, lengths, chunks, heads, methods, paths, foreign, headers, pipelines, arrows, slow)
    return [Hostile(maker.__name__, name, *rest) for maker in makers for name, *rest in maker(row)]


def bodies(row: dict[str, Any]) -> Iterator[Any]:
    """Yield bodies that are no JSON, or JSON of another shape."""
    good = json.dumps({"rows": [row]})
    texts: dict[str, bytes] = {
        "nothing": b"",
        "a blank": b" ",
        "null": b"null",
        "true": b"true",
        "a number": b"1",
        "a text": b'"rows"',
        "a list": b"[]",
        "an empty object": b"{}",
        "deep lists": b"[" * 100_000,
        "deep lists, closed": b"[" * 100_000 + b"]" * 100_000,
        "deep objects": b'{"rows":' * 50_000,
        "deep rows": b'{"rows":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        "deep value": good.replace("[{", '[{"x": ' + "[" * 900 + "]" * 900 + ", ", 1).encode(),
        "unclosed": good[:-1].encode(),
        "unclosed text": b'{"rows": [{"' + b"a" * 1000,
        "two documents": good.encode() * 2,
        "a tail": good.encode() + b"x",
        "a NUL behind": good.encode() + b"\0",
        "a NUL before": b"\0" + good.encode(),
        "a comma too many": good.replace("}]", "},]").encode(),
        "comments": good.replace("[", "[ /* x */ ", 1).encode(),
        "single quotes": good.replace('"', "'").encode(),
        "keys without quotes": good.replace('"rows"', "rows").encode(),
        "a byte order mark": b"\xef\xbb\xbf" + good.encode(),
        "UTF-16": good.encode("utf-16"),
        "UTF-32": good.encode("utf-32"),
        "no UTF-8": good.encode().replace(b"rows", b"ro\xffws"),
        "overlong UTF-8": good.encode().replace(b"rows", b"ro\xc0\xafws"),
        "a cut character": good.encode().replace(b"rows", b"row\xe2\x82"),
        "UTF-8 surrogates": good.encode().replace(b"rows", b"row\xed\xa0\x80"),
        "a surrogate key": good.replace('"rows"', r'"\ud800": 1, "rows"').encode(),
        "a key that is a control character": good.replace('"rows"', '"\x01": 1, "rows"').encode(),
        "random bytes": bytes(range(256)) * 40,
        "rows twice": good.replace('{"rows"', '{"rows": [], "rows"', 1).encode(),
        "rows twice, escaped": good.replace("}]}", r'}], "\u0072ows": []}').encode(),
        "no rows": b'{"rows": []}',
        "rows null": b'{"rows": null}',
        "rows an object": b'{"rows": {}}',
        "rows a text": b'{"rows": "%s"}' % MARKER.encode(),
        "a row null": b'{"rows": [null]}',
        "a row a list": b'{"rows": [[]]}',
        "an unknown key": json.dumps({"rows": [row], MARKER[:4]: 1}).encode(),
        "prototype pollution": json.dumps({"rows": [row], "__proto__": {"x": 1}}).encode(),
        "a thousand and one rows": json.dumps({"rows": [row] * 1001}).encode(),
        "a hundred thousand empty rows": json.dumps({"rows": [{}] * 100_000}).encode(),
        "a million nulls": b'{"rows": [' + b"null," * 700_000 + b"null]}",
        "many keys": json.dumps({"rows": [{f"k{n}": n for n in range(50_000)}]}).encode(),
        "a long key": json.dumps({"rows": [{"k" * 10**6: 1}]}).encode(),
        "five megabytes": b"x" * 5 * 10**6,
        "XML": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
        "YAML": b"rows: !!python/object/apply:os.system ['id']",
        "a pickle": b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
        "a form": b"rows=1&rows=2",
        "a zip": b"PK\x03\x04" + b"\0" * 100,
        "gzip without its name": zlib.compress(good.encode(), wbits=31),
    }
    for name, body in texts.items():
        yield name, [post(body)]
    bomb = zlib.compress(b"0" * 50_000_000, 9, wbits=31)
    for encoding in ("gzip", "deflate", "br", "zstd", "gzip, gzip", "x-unknown", "identity, gzip"):
        yield f"a bomb as {encoding}", [post(bomb, f"content-encoding: {encoding}")]
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/x-python-pickle",
        "application/vnd.bentoml+pickle",
        "*/*",
        "application/json\x0b",
        "json",
    ):
        yield f"sent as {kind!r}", [post(good.encode(), kind=kind)]


def values(row: dict[str, Any]) -> Iterator[Any]:
    """Yield rows with a value that no feature may have."""
    number = next(name for name, value in row.items() if isinstance(value, float))
    text = next(name for name, value in row.items() if isinstance(value, str))
    raw = {
        "NaN": "NaN",
        "Infinity": "Infinity",
        "minus Infinity": "-Infinity",
        "1e400": "1e400",
        "minus 1e400": "-1e400",
        "1e39": "1e39",
        "4000 digits": "9" * 4000,
        "a long fraction": "0." + "1" * 5000 + "x",
        "hexadecimal": "0x10",
        "octal": "010",
        "a plus": "+1",
        "a bare point": ".5",
        "a trailing point": "5.",
        "a huge exponent": "1e999999999",
        "an exponent alone": "1e",
        "a list": "[1]",
        "an object": '{"$gt": 0}',
        "a text": f'"{MARKER}"',
        "true": "true",
        "an empty text": '""',
        "undefined": "undefined",
        "two minus": "--1",
        "an arabic digit": "\u0661",
        "underscores": "1_000",
        "a text of a number": '"1"',
    }
    for name, value in raw.items():
        yield f"a number that is {name}", [post(with_raw(row, number, value))]
    texts = {
        "a lone surrogate": r'"\ud800"',
        "a low surrogate": r'"\udc00"',
        "swapped surrogates": r'"\udc00\ud800"',
        "a raw control character": '"a\x01b"',
        "a raw line feed": '"a\nb"',
        "a bad escape": r'"\x41"',
        "a cut escape": r'"\u00"',
        "a number": "7",
        "null": "null",
        "a list": '["x"]',
        "an object": "{}",
        "257 letters": f'"{"x" * 257}"',
        "a megabyte": f'"{"x" * 10**6}"',
        "257 of many bytes": f'"{"🛩" * 257}"',
        "unquoted": "x",
        "combining signs": f'"{"a" + chr(0x301) * 400}"',
    }
    for name, value in texts.items():
        yield f"a text that is {name}", [post(with_raw(row, text, value))]
    good = json.dumps(row)
    for key in (number, text):
        yield f"{key} twice, the last right", [post(f'{{"rows": [{{"{key}": null, {good[1:]}]}}'.encode())]
        yield (
            f"{key} twice, both right",
            [post(f'{{"rows": [{{"{key}": {json.dumps(row[key])}, {good[1:]}]}}'.encode())],
        )
        yield f"{key} missing", [post({"rows": [{name: value for name, value in row.items() if name != key}]})]
        yield f"{key} in capitals", [post({"rows": [{(n.upper() if n == key else n): v for n, v in row.items()}]})]
        yield f"{key} with a NUL", [post({"rows": [{(n + "\0" if n == key else n): v for n, v in row.items()}]})]


def with_raw(row: dict[str, Any], name: str, raw: str) -> bytes:
    """Return a request whose only row has this text in the place of a value, be it JSON or not."""
    entries = [f"{json.dumps(key)}: {raw if key == name else json.dumps(value)}" for key, value in row.items()]
    return ('{"rows": [{' + ", ".join(entries) + "}]}").encode("utf-8", "surrogatepass")


def lengths(row: dict[str, Any]) -> Iterator[Any]:
    """Yield requests whose length isn't what they say."""
    body = json.dumps({"rows": [row]}).encode()
    for said in (
        "-1",
        "+5",
        "1e3",
        "0x10",
        "five",
        "5;5",
        "5, 5",
        "5 5",
        "18446744073709551616",
        "9" * 400,
        "٣",
        "1.0",
    ):
        line = f"content-length: {said}".encode()
        yield f"Content-Length {said[:24]}", [post(body, line, length=False)]
    yield "two lengths", [post(body, "content-length: 2", "content-length: 3", length=False)]
    yield "two equal lengths", [post(b"{}", "content-length: 2", "content-length: 2", length=False)]
    yield "a length and chunks", [post(b"0\r\n\r\n", "content-length: 5", "transfer-encoding: chunked", length=False)]
    yield "chunks and a length", [post(b"0\r\n\r\n", "transfer-encoding: chunked", "content-length: 5", length=False)]
    yield "no length", [post(body, length=False)]
    yield "a length in HTTP/1.0", [request("POST", "/v1/predict", b"{", f"content-type: {JSON}", version="HTTP/1.0")]
    yield "too long, said", [post(b"", "content-length: 5000000", length=False)]
    yield "far too long, said", [post(b"", "content-length: 99999999999999", length=False)]
    yield "too long for Arrow, said", [post(b"", "content-length: 99999999", kind=ARROW, length=False)]
    yield "shorter than said, then closed", [post(body, f"content-length: {len(body) + 9}", length=False), HALF]
    yield "longer than said", [post(b"{}" + b"x" * 100, "content-length: 2", length=False)]
    yield "a body with GET", [request("GET", "/v1/nothing", b"x" * 100)]
    yield "a large body with GET", [request("GET", "/v1/nothing", b"x" * 10**6)]


def chunks(row: dict[str, Any]) -> Iterator[Any]:
    """Yield bodies in chunks that aren't quite."""
    head = post(b"", "transfer-encoding: chunked", length=False)
    sent = {
        "no JSON": b"2\r\n{x\r\n0\r\n\r\n",
        "one byte each": b"".join(b"1\r\n%c\r\n" % byte for byte in b'{"rows": []}') + b"0\r\n\r\n",
        "a bad size": b"xyz\r\n{}\r\n0\r\n\r\n",
        "a negative size": b"-2\r\n{}\r\n0\r\n\r\n",
        "a size with 0x": b"0x2\r\n{}\r\n0\r\n\r\n",
        "an endless size": b"f" * 64 + b"\r\n{}",
        "a size too small": b"1\r\n{}\r\n0\r\n\r\n",
        "no size": b"\r\n{}\r\n0\r\n\r\n",
        "a bare line feed": b"2\n{}\n0\n\n",
        "a long extension": b"2;" + b"x=y;" * 10_000 + b"\r\n{}\r\n0\r\n\r\n",
        "an extension with a carriage return": b"2;a=\r1\r\n{}\r\n0\r\n\r\n",
        "many trailers": b"0\r\n" + b"x-a: b\r\n" * 5000 + b"\r\n",
        "a trailer that is a length": b"2\r\n{}\r\n0\r\ncontent-length: 9\r\n\r\n",
        "closed within": b"5\r\n{}",
        "five megabytes": b"".join(b"10000\r\n" + b"x" * 65536 + b"\r\n" for _ in range(80)) + b"0\r\n\r\n",
        "a thousand empty ends": b"0\r\n\r\n" * 1000,
    }
    for name, body in sent.items():
        yield name, [head + body, *([HALF] if name == "closed within" else [])]
    for coding in (
        "identity",
        "gzip, chunked",
        "chunked, identity",
        "xchunked",
        "chunked, chunked",
        " chunked\x0b",
        "\tchunked",
        "CHUNKED ",
        "chunk",
        "chunked;q=1",
        "identity, chunked, x",
    ):
        body = b"2\r\n{x\r\n0\r\n\r\n"
        yield f"coded as {coding!r}", [post(body, f"transfer-encoding: {coding}", length=False), HALF]
    two = post(b"2\r\n{x\r\n0\r\n\r\n", "transfer-encoding: chunked", "transfer-encoding: identity", length=False)
    yield "coded twice", [two, HALF]


def heads(row: dict[str, Any]) -> Iterator[Any]:
    """Yield heads that are too much, or malformed."""
    many = [f"x-{n}: {n}" for n in range(2000)]
    yield "two thousand headers", [request("GET", "/v1/nothing", b"", *many)]
    yield "a hundred and one headers", [request("GET", "/v1/nothing", b"", *many[:101])]
    yield "a long header", [request("GET", "/v1/nothing", b"", "x-a: " + "b" * 100_000)]
    yield "a longer header", [request("GET", "/v1/nothing", b"", "x-a: " + "b" * 5_000_000)]
    yield "a long name", [request("GET", "/v1/nothing", b"", "x" * 100_000 + ": b")]
    yield "a long path", [request("GET", "/" + "a" * 100_000)]
    yield "a longer path", [request("GET", "/" + "a" * 5_000_000)]
    yield "a long query", [request("GET", "/v1/nothing?" + "a=b&" * 20_000)]
    yield "a long method", [request("G" * 100_000, "/v1/info")]
    yield "a long cookie", [request("GET", "/v1/nothing", b"", "cookie: " + "a=b; " * 20_000)]
    yield "blank lines first", [b"\r\n" * 5000 + request("GET", "/v1/nothing")]
    lines = {
        "no colon": "nonsense",
        "no name": ": x",
        "a blank before the colon": "x-a : b",
        "a folded line": "x-a: b\r\n c",
        "a fold first": " x-a: b",
        "a NUL in a name": "x\0a: b",
        "a NUL in a value": "x-a: b\0c",
        "a carriage return in a value": "x-a: b\rc",
        "a bare carriage return": "x-a: b\r",
        "a control in a name": "x\x07: b",
        "a control in a value": "x-a: \x07\x1b[31m",
        "a quote as a name": '"x": b',
        "brackets as a name": "(x): b",
        "a name in Latin-1": "x-\xe4: b",
        "a tab in a name": "x\t: b",
        "a delete sign": "x-a: \x7f",
    }
    for name, line in lines.items():
        yield f"a header with {name}", [request("GET", "/v1/nothing", b"", line)]
    yield "bare line feeds", [request("GET", "/v1/nothing").replace(b"\r\n", b"\n"), HALF]
    yield "bare carriage returns", [request("GET", "/v1/nothing").replace(b"\r\n", b"\r"), HALF]
    yield "two hosts", [request("GET", "/v1/nothing", b"", "host: elsewhere")]
    yield "no host", [b"GET /v1/nothing HTTP/1.1\r\n\r\n"]
    yield "a host with a path", [b"GET /v1/nothing HTTP/1.1\r\nhost: a/b\\c@d\r\n\r\n"]
    for expect in ("100-continue", "100-Continue, x", "200-ok", "100-continue\x00"):
        yield f"Expect: {expect!r}", [post(b"{x", f"expect: {expect}")]
    yield "Expect with too large a body", [post(b"", "expect: 100-continue", "content-length: 9999999", length=False)]
    yield "Expect twice", [post(b"{x", "expect: 100-continue", "expect: 100-continue")]


def methods(row: dict[str, Any]) -> Iterator[Any]:
    """Yield methods and versions that there aren't."""
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "PROPFIND", "PURGE", "LINK", "SEARCH"):
        yield method, [request(method, "/v1/predict")]
    for method in (
        "CONNECT",
        "get",
        "G\xcbT",
        "GE T",
        "",
        "\x00",
        "POST\t",
        "FOO",
        "POST\r",
        "M-SEARCH",
        "SOURCE",
        "PRI",
    ):
        yield f"the method {method!r}", [request(method, "/v1/predict")]
    for version in (
        "HTTP/0.9",
        "HTTP/1.2",
        "HTTP/2.0",
        "HTTP/3",
        "HTTP/9.9",
        "http/1.1",
        "HTTP/1.1 x",
        "HTTP/11",
        "ICE/1.0",
        "",
    ):
        yield f"the version {version!r}", [request("GET", "/v1/nothing", version=version), HALF]
    yield "POST to what is read", [request("POST", "/v1/info", b"{}")]
    yield "DELETE of a check", [request("DELETE", "/livez")]


def paths(row: dict[str, Any]) -> Iterator[Any]:
    """Yield paths that lead elsewhere, or would like to."""
    tricks = (
        "/../../etc/passwd",
        "/v1/../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/v1/..%5c..%5cwindows",
        "/v1/predict/../../models/model.onnx",
        "/v1/./predict",
        "/v1//predict",
        "//v1/predict",
        "/v1/predict//",
        "/v1/predict/.",
        "/v1/predict;x=y",
        "/v1/predict%00",
        "/v1/predict%00.json",
        "/v1/predict%0a",
        "/v1/predict%0d%0aSet-Cookie:%20a=b",
        "/v1%2fpredict%2f",
        "/V1/PREDICT",
        "/v1/predict%20",
        "/%c0%af",
        "/%ff%fe",
        "/%",
        "/%zz",
        "/%u0041",
        "/v1/%e2%80%aepredict",
        "/v1/nothing?" + MARKER,
        f"/{MARKER}",
        "/\xe4\xf6\xfc",
        "/v1/nothing#fragment",
        "/models/model.onnx",
        "/.env",
        "/.git/config",
        "/static/app.js",
        "/docs",
        "/schema",
        "/predict",
        "/v1",
        "/v2/predict",
        "/v1/predict/1",
        "/metrics/../v1/info",
        "/~root",
        "/__debug__",
        "/hidden_endpoint",
        "/%2Fv1%2Finfo",
        "\\v1\\info",
        "v1/info",
        "*",
        "",
        "http://",
        "http:///x",
        "http://elsewhere/v1/nothing",
        "https://localhost:1/v1/nothing",
        "ftp://a/b",
        "localhost:443",
        "?x",
        "#x",
        "http://[::1/v1",
        "http://a:99999999/v1/nothing",
        "//elsewhere/v1/info",
        "/v1/info\x00",
        "/v1 /info",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "/v1/<script>alert(1)</script>",
        "/${jndi:ldap://127.0.0.1/x}",
        "/{{7*7}}",
        "/v1/info\x7f",
        "/" + "../" * 2000,
        "/" + "%2e" * 3000,
        "/" + "a/" * 5000,
    )
    for path in tricks:
        yield (path[:60] or "nothing"), [request("PUT" if path.startswith(("/v1/info", "//")) else "GET", path)]


def foreign(row: dict[str, Any]) -> Iterator[Any]:
    """Yield what belongs to other protocols, or to none."""
    hello = bytes.fromhex("16030100c8010000c40303") + bytes(range(200))
    said = {
        "TLS": hello,
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0",
        "SSH": b"SSH-2.0-x\r\n",
        "SMTP": b"EHLO x\r\n",
        "Redis": b"*1\r\n$4\r\nPING\r\n",
        "memcached": b"stats\r\n",
        "FTP": b"USER x\r\n",
        "SOCKS": b"\x05\x01\x00",
        "PROXY": b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY 2": b"\r\n\r\n\0\r\nQUIT\n",
        "RDP": b"\x03\x00\x00\x13\x0e\xe0\x00\x00",
        "SIP": b"OPTIONS sip:x SIP/2.0\r\n\r\n",
        "MQTT": b"\x10\x0c\0\4MQTT\4\2\0\x3c",
        "gibberish": bytes(range(256)) * 100,
        "NULs": b"\0" * 1000,
        "line feeds": b"\n" * 1000,
        "an answer": b"HTTP/1.1 200 OK\r\n\r\n",
        "a quote": b'"',
        "PostgreSQL": struct.pack(">II", 8, 80877103),
        "Java": b"\xac\xed\x00\x05sr",
    }
    for name, content in said.items():
        yield name, [content, HALF]
    socket = ("upgrade: websocket", "connection: upgrade", "sec-websocket-version: 13")
    key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="
    yield "a websocket", [request("GET", "/v1/predict", b"", *socket, key)]
    yield "a websocket without a key", [request("GET", "/v1/predict", b"", *socket)]
    yield "a websocket of a check", [request("GET", "/livez", b"", *socket, key)]
    yield "a websocket by POST", [post(b"{x", *socket, key)]
    yield "a websocket with frames", [request("GET", "/v1/nothing", b"", *socket, key) + b"\x81\x85" * 5000]
    yield (
        "an upgrade to HTTP/2",
        [
            request(
                "GET",
                "/v1/nothing",
                b"",
                "upgrade: h2c",
                "connection: upgrade, http2-settings",
                "http2-settings: AAMAAABkAARAAAAAAAIAAAAA",
            )
        ],
    )
    yield "an upgrade to nonsense", [post(b"{x", f"upgrade: {MARKER}", "connection: upgrade")]
    yield (
        "an upgrade, then another request",
        [post(b"{x", "upgrade: x", "connection: upgrade") + request("GET", "/v1/nothing")],
    )


def headers(row: dict[str, Any]) -> Iterator[Any]:
    """Yield headers that would like to be in a log, or to be believed; what they come with is refused."""
    evil = (
        '"} {"status":200,"x":"',
        "a\tb",
        "$(id)",
        "`id`",
        "${jndi:ldap://127.0.0.1/x}",
        "%0d%0aset-cookie: a=b",
        "../../x",
        "\x1b[2J",
        "<script>",
        "' OR 1=1 --",
        "a" * 65,
        "a" * 9000,
        "\xff\xfe",
        "{{7*7}}",
        "%s%s%n",
        "\u00e4".encode().decode("latin-1"),
    )
    for value in evil:
        for name in ("x-request-id", "x-model-version"):
            yield f"{name} {value[:24]!r}", [post(b"{x", f"{name}: {value}{MARKER if len(value) < 50 else ''}")]
    yield "a version that isn't here", [post({"rows": [row]}, f"x-model-version: {MARKER}")]
    yield "a version with blanks", [post({"rows": [row]}, "x-model-version:  1.0.0 x")]
    yield "two versions", [post({"rows": [row]}, "x-model-version: 1.0.0", "x-model-version: 0.0.0")]
    yield "an empty version", [post({"rows": [row]}, "x-model-version:")]
    others = (
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-proto: https",
        "forwarded: for=1.2.3.4",
        "x-http-method-override: GET",
        "x-original-url: /metrics",
        "x-rewrite-url: /metrics",
        "authorization: Basic " + "A" * 4000,
        "authorization: Bearer",
        "authorization: Bearer a.b.c",
        "cookie: a=" + MARKER,
        "user-agent: () { :; }; /bin/id",
        "referer: javascript:alert(1)",
        "range: bytes=0-18446744073709551615",
        "accept: " + "a/b," * 500,
        "accept-encoding: " + "gzip," * 500,
        "te: trailers, deflate",
        "traceparent: 00-" + "f" * 32 + "-" + "f" * 16 + "-01",
        "traceparent: \xff",
        "tracestate: " + "a=b," * 200,
        "baggage: " + "a=b," * 500,
        "bentoml-request-id: x",
        "x-route-key: " + "k" * 9000,
        "connection: close, close, x-a",
        "connection: content-length",
        "keep-alive: timeout=99999999",
        "max-forwards: -1",
        "content-type: x\xff",
        "host: " + "h" * 999,
    )
    for line in others:
        yield line[:44], [post(b"{x", line)]


def pipelines(row: dict[str, Any]) -> Iterator[Any]:
    """Yield several requests at once, and what is smuggled behind one."""
    bad, good = request("GET", "/v1/nothing"), post({"rows": [row]})
    yield "ten at once", [bad * 10], 10
    yield "two hundred at once", [bad * 200], 200
    yield "five thousand at once", [bad * 5000], 5000
    yield "a hundred posts", [post(b"{x") * 100], 100
    yield "garbage behind", [bad + b"\0\1\2garbage\r\n\r\n"], 2
    yield "a cut one behind", [bad + b"GET /v1/noth", HALF], 2
    smuggled = b"0\r\n\r\nGET /v1/nothing HTTP/1.1\r\nx: "
    yield "length over chunks", [post(smuggled, "transfer-encoding: chunked") + bad], 3
    yield (
        "chunks over length",
        [post(smuggled, "content-length: 4", "transfer-encoding: chunked", length=False) + bad],
        3,
    )
    yield "hidden chunks", [post(smuggled, "transfer-encoding : chunked") + bad], 3
    yield "chunks by a control sign", [post(smuggled, "transfer-encoding:\x0bchunked") + bad], 3
    yield "a request in a body", [post(bad) + bad], 2
    yield "a request behind too large a body", [post(b"", "content-length: 9999999", length=False) + bad], 2
    yield "behind the close", [post(b"{x", "connection: close") + bad], 2
    yield "good ones with a bad method", [good.replace(b"POST", b"PUT", 1) * 20], 20


def arrows(row: dict[str, Any]) -> Iterator[Any]:
    """Yield streams of Arrow that are none, or whose rows don't fit."""
    import pyarrow as pa

    def streamed(table: Any, **options: Any) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
            writer.write_table(table)
        return bytes(sink.getvalue())

    number = next(name for name, value in row.items() if isinstance(value, float))
    text = next(name for name, value in row.items() if isinstance(value, str))
    filled = {name: 1.0 if value is None else value for name, value in row.items()}
    table = pa.table({name: [value] * 100 for name, value in filled.items()})
    good = streamed(table)

    def changed(name: str, column: Any) -> bytes:
        return streamed(table.set_column(table.column_names.index(name), name, column))

    made = {
        "nothing": b"",
        "JSON": json.dumps({"rows": [row]}).encode(),
        "text": MARKER.encode() * 10,
        "NULs": b"\0" * 4096,
        "half": good[: len(good) // 2],
        "a header alone": good[:8],
        "its end alone": good[-8:],
        "no header": good[8:],
        "twice": good + good,
        "a tail": good + b"x",
        "a parquet file": b"PAR1" + good,
        "an Arrow file": b"ARROW1\0\0" + good,
        "ones": b"\xff" * 4096,
        "a huge message": b"\xff\xff\xff\xff\xff\xff\xff\x7f" + good[8:],
        "a negative message": b"\xff\xff\xff\xff\x00\x00\x00\x80" + good[8:],
        "an endless one": b"\xff\xff\xff\xff" * 5000,
        "zeroed metadata": good[:16] + b"\0" * 200 + good[216:],
        "shifted": b"\0" + good,
        "reversed": good[::-1],
        "LZ4": streamed(table, compression="lz4"),
        "zstd": streamed(table, compression="zstd"),
        "a zstd bomb": streamed(pa.concat_tables([table] * 900).combine_chunks(), compression="zstd"),
        "no rows": streamed(table.slice(0, 0)),
        "no columns": streamed(table.select([])),
        "a column missing": streamed(table.drop([number])),
        "a column twice": streamed(table.append_column(number, table[number])),
        "a column too many": streamed(table.append_column(MARKER[:5], table[number])),
        "a thousand columns": streamed(pa.table({f"c{n}": [1] for n in range(1000)})),
        "a long name": streamed(table.append_column("n" * 10**5, table[number])),
        "a large schema": streamed(table.replace_schema_metadata({"x": "y" * 2 * 10**6})),
        "too many rows": streamed(pa.concat_tables([table] * 1001).combine_chunks()),
        "text for numbers": changed(number, pa.array([MARKER] * 100)),
        "numbers for text": changed(text, pa.array([1] * 100)),
        "nulls": changed(number, pa.nulls(100, pa.float64())),
        "only nulls": changed(text, pa.nulls(100)),
        "NaN": changed(number, pa.array([float("nan")] * 100)),
        "infinite": changed(number, pa.array([float("inf")] * 100)),
        "beyond float32": changed(number, pa.array([1e39] * 100)),
        "lists": changed(number, pa.array([[1.0]] * 100)),
        "structs": changed(number, pa.array([{"a": 1}] * 100)),
        "decimals": changed(number, pa.nulls(100, pa.decimal128(9, 2))),
        "bytes": changed(text, pa.array([b"\xff"] * 100)),
        "long texts": changed(text, pa.array(["x" * 300] * 100)),
        "no UTF-8": changed(text, pa.Array.from_buffers(pa.string(), 100, pa.array([b"\xff"] * 100).buffers())),
        "runs": changed(text, pa.RunEndEncodedArray.from_arrays(pa.array([100]), pa.array(["x"]))),
        "codes outside": changed(
            text, pa.DictionaryArray.from_arrays(pa.array([99] * 100), pa.array(["x"]), safe=False)
        ),
        "negative codes": changed(
            text, pa.DictionaryArray.from_arrays(pa.array([-9] * 100), pa.array(["x"]), safe=False)
        ),
    }
    plain, viewed = (changed(text, pa.array(["x"] * 100, kind)) for kind in (pa.string(), pa.string_view()))
    right, view = struct.pack("<101i", *range(101)), struct.pack("<i12s", 1, b"x")
    for name, wrong in {
        "outside": range(0, 101 * 10**6, 10**6),
        "backwards": range(100, -1, -1),
        "negative": range(-101, 0),
    }.items():
        made[f"offsets {name}"] = plain.replace(right, struct.pack("<101i", *wrong))
    made["views outside"] = viewed.replace(view, struct.pack("<i4sii", 100, b"xxxx", 7, 0))
    made["views of another size"] = viewed.replace(view, struct.pack("<i12s", -1, b"x"))
    assert len({good, plain, viewed, *made.values()}) == len(made) + 3, "each is another stream"
    for name, body in made.items():
        yield name, [post(body, kind=ARROW)]
    for place in range(8, len(good) - 8, len(good) // 40):
        yield f"a byte inverted at {place}", [post(inverted(good, place), kind=ARROW)]
    yield "JSON that wants Arrow back", [post(b"{x", f"accept: {ARROW}")]
    yield "a gzip of Arrow", [post(zlib.compress(good, wbits=31), "content-encoding: gzip", kind=ARROW)]


def inverted(content: bytes, place: int) -> bytes:
    """Return a stream cut before its last rows, with a byte inverted, so that it is never a good one."""
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 : -64]


def slow(row: dict[str, Any]) -> Iterator[Any]:
    """Yield what comes as slowly as a patient sender likes; the protocol waits 5 s for a head and 10 s for a body."""
    whole = post({"rows": [row]})
    head, body = whole.split(b"\r\n\r\n", 1)
    drops: list[bytes | float] = [piece for byte in whole for piece in (bytes([byte]), 0.1)]
    yield "silence", [0.0]
    yield "a line of HTTP/0.9", [b"GET /v1/nothing\r\n"]
    yield "a byte, then silence", [b"P"]
    yield "half a head", [head[:40]]
    yield "a head without its end", [head + b"\r\n"]
    yield "a head, a byte at a time", drops
    yield "a header every half second", [b"GET /v1/nothing HTTP/1.1\r\n", *[b"x-a: b\r\n", 0.5] * 40]
    yield "a blank line every half second", [b"\r\n", 0.5] * 40
    yield "a head without a body", [head + b"\r\n\r\n"]
    yield "half a body", [head + b"\r\n\r\n" + body[:50]]
    yield "a body, a byte at a time", [head + b"\r\n\r\n", *[b" ", 0.2] * 100]
    yield "chunks, one at a time", [post(b"", "transfer-encoding: chunked", length=False), *[b"1\r\n \r\n", 0.3] * 60]
    yield "half a chunk", [post(b"", "transfer-encoding: chunked", length=False) + b"ff\r\n{"]
    yield "half of Arrow", [post(b"\xff\xff\xff\xff", "content-length: 60000000", kind=ARROW, length=False)]
    yield "100-continue, then silence", [post(b"", "expect: 100-continue", "content-length: 9", length=False)]
    yield "an answer, then half a head", [request("GET", "/v1/nothing"), 0.3, b"GET /v1"], 2
    yield "an answer, then silence", [request("GET", "/v1/nothing")], 2
    yield "an answer, then half a body", [request("GET", "/v1/nothing"), 0.3, head + b"\r\n\r\n"], 2
    yield "a pipeline, then silence", [request("GET", "/v1/nothing") * 3 + b"GET /"], 4
    yield "half a TLS hello", [bytes.fromhex("160301")]
    yield "a reader who never reads", [request("GET", "/v1/nothing") * 2000, 1.0, b"GET /"], 2001

#!/usr/bin/env python3
"""Check a tocsin evidence bundle. Needs Python 3.9 or newer, and nothing else.

    python3 verify.py [FOLDER] [--key KEY]

FOLDER: the unpacked bundle (default: where this file lies). KEY: the desk's public key, or its id,
as published elsewhere. Checked: every file against manifest.sha256, and that list's signature; the
signed tree head (Ed25519, RFC 8032); every item and ledger entry under it (inclusion proof, RFC
6962; RFC 9162, 2.1.3.2); every content against its commitment SHA-256(salt, content); every head
that was stamped (consistency proof, 2.1.4.2). How to check stamps is printed. Exit code 1: failed.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE_D = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME


def add(p: tuple[int, ...], q: tuple[int, ...]) -> tuple[int, ...]:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % PRIME, (p[1] + p[0]) * (q[1] + q[0]) % PRIME
    c, d = 2 * p[3] * q[3] * CURVE_D % PRIME, 2 * p[2] * q[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


def times(factor: int, p: tuple[int, ...]) -> tuple[int, ...]:
    if not factor:
        return (0, 1, 1, 0)
    rest = times(factor >> 1, add(p, p))
    return add(rest, p) if factor & 1 else rest


def point(data: bytes) -> tuple[int, ...]:
    """The point that 32 bytes encode (section 5.1.3); ValueError: they encode none."""
    sign, y = data[31] >> 7, int.from_bytes(data, "little") & (2**255 - 1)
    square = (y * y - 1) * pow(CURVE_D * y * y + 1, PRIME - 2, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME if (x * x - square) % PRIME else x
    if y >= PRIME or (x * x - square) % PRIME or (x == 0 and sign):
        raise ValueError("no point of the curve")
    x = PRIME - x if x & 1 != sign else x
    return (x, y, 1, x * y % PRIME)


def signed_by(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the key made this Ed25519 signature (RFC 8032, section 5.1.7)."""
    s = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % ORDER
    base = point((4 * pow(5, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little"))
    one, other = times(s, base), add(point(signature[:32]), times(k, point(public)))
    return all((one[i] * other[2] - other[i] * one[2]) % PRIME == 0 for i in (0, 1))


def climb(leaf: bytes, at: int, last: int, path: list[bytes]) -> tuple[bytes, bytes]:
    """The roots of the older and the newer tree that a path leads to; empty: it is no path."""
    old = new = leaf
    for sibling in path:
        if last == 0:
            return b"", b""
        if at & 1 or at == last:
            old, new = (sha256(b"\x01" + sibling + root).digest() for root in (old, new))
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = sha256(b"\x01" + new + sibling).digest()
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else (b"", b"")


def consistent(old: tuple[int, bytes], new: tuple[int, bytes], path: list[bytes]) -> bool:
    """Whether the tree of size and root ``old`` is the beginning of the tree ``new``."""
    if not 0 < old[0] < new[0]:
        return old == new and not path
    at, last = old[0] - 1, new[0] - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    path = path if old[0] & (old[0] - 1) else [old[1], *path]
    return bool(path) and climb(path[0], at, last, path[1:]) == (old[1], new[1])


def text(form: Any, *names: str) -> bytes:
    return json.dumps({name: form[name] for name in names}, separators=(",", ":")).encode()


class Bundle:  # what the folder says of itself, and what was found
    def __init__(self, folder: Path) -> None:
        self.folder, self.failures, self.commands = folder, list[str](), list[str]()
        self.keys, self.names, self.erased = dict[str, bytes](), dict[str, str](), list[Any]()
        self.counts = {"whole": 0, "by digest": 0, "erased": 0}
        self.head: dict[str, Any] = {"size": 0, "root": "", "key": "", "at": "", "signature": ""}
        self.attempt("bundle.json", lambda name: self.names.update(self.json(name)["names"]))
        self.attempt("tree_head.json", lambda name: self.head.update(self.json(name)))
        for path in sorted(folder.glob("ledger/*")) + sorted(folder.glob("items/*")):
            self.attempt(path.relative_to(folder).as_posix(), self.record)
        self.attempt("tree_head.json", lambda name: self.signature(name, self.json(name)))
        for path in sorted(folder.glob("anchors/*.json")):
            self.attempt(path.relative_to(folder).as_posix(), self.anchor)
        self.attempt("manifest.sha256", self.manifest)

    def fail(self, name: str, why: str) -> None:
        self.failures.append(ascii(f"FAIL {name} {self.names.get(name, '')}: {why}"[:400])[1:-1])

    def attempt(self, name: str, check: Any) -> None:  # a broken file fails, and stops no other
        try:
            check(name)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as bad:
            self.fail(name, f"cannot be read ({type(bad).__name__}: {bad})")

    def json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_bytes())

    def signature(self, name: str, form: Any, message: bytes = b"") -> None:
        message = message or text(form, "at", "key", "root", "size")
        if form["key"] not in self.keys:
            self.fail(name, f"key {form['key']} signed it, which no entry under the head announces")
        elif not signed_by(self.keys[form["key"]], bytes.fromhex(form["signature"]), message):
            self.fail(name, "the signature is not right: something was changed after signing")

    def manifest(self, name: str) -> None:
        data = b"tocsin bundle\n" + (self.folder / name).read_bytes()
        listed = {line[66:]: line[:64] for line in data.decode().splitlines()[1:]}
        paths = [path for path in self.folder.rglob("*") if path.is_symlink() or not path.is_dir()]
        there = {path.relative_to(self.folder).as_posix(): path for path in paths}
        for file in sorted({*listed, *there, *self.names} - {"manifest.sha256", "manifest.sig"}):
            if file not in there or file not in listed:
                self.fail(file, "is missing" if file in listed else "is not in manifest.sha256")
            elif sha256(there[file].read_bytes()).hexdigest() != listed[file]:
                self.fail(file, "is not the file that manifest.sha256 lists")
        self.attempt("manifest.sig", lambda sig: self.signature(sig, self.json(sig), data))

    def record(self, name: str) -> None:  # an item or another entry of the ledger
        form, size, root = self.json(name), self.head["size"], bytes.fromhex(self.head["root"])
        seq, kind, body = form["seq"], form["kind"], form.get("entry", "").encode()
        leaf = sha256(b"\x00" + body).digest() if body else bytes.fromhex(form["leaf"])
        entry = json.loads(body) if body else {"seq": seq, "kind": kind, "payload": {}}
        path = [bytes.fromhex(one) for one in form["proof"]]
        if not 0 <= seq < size or climb(leaf, seq, size - 1, path)[1] != root:
            self.fail(name, f"does not stand at position {seq} under the signed head")
        elif (entry["seq"], entry["kind"]) != (seq, kind) or f"/{seq:010}." not in name:
            self.fail(name, "is another entry than its name says: it was exchanged")
        elif kind == "signing_key":
            form, message = entry["payload"], text(entry["payload"], "at", "key", "previous")
            key = sha256(bytes.fromhex(form["key"])).hexdigest()[:16]
            self.keys[key] = bytes.fromhex(form["key"])
            for by, mark in ((form["previous"] or key, "signature"), (key, "accepted")):
                self.signature(name, {"key": by, "signature": form[mark]}, message)
        elif kind == "erasure":
            self.erased += entry["payload"].get("positions", [])
        if kind == "evidence":
            self.item(name, form, entry["payload"])

    def item(self, name: str, form: Any, payload: Any) -> None:
        who = "{channel}/{message_id} v{version}".format(**payload["identity"]) if payload else name
        if name not in self.names or (payload and who != self.names[name]):
            self.fail(name, f"{who}: bundle.json does not list it here: added, or exchanged")
        if "content" in form:
            content = bytes.fromhex(form["salt"]) + form["content"].encode()
            if sha256(content).hexdigest() != payload["commitment"]:
                self.fail(name, "content or salt was changed: the commitment does not fit")
        elif payload and not any(a <= form["seq"] < a + count for a, count in self.erased):
            self.fail(name, "its content is missing, and no erasure in the ledger names it")
        self.counts["whole" if "content" in form else "erased" if payload else "by digest"] += 1

    def anchor(self, name: str) -> None:  # what was stamped: an earlier head, or this one
        head, size = self.json(name), self.head["size"]
        old, new = ((one["size"], bytes.fromhex(one["root"])) for one in (head, self.head))
        path = self.json(f"consistency/{old[0]}.json")["path"] if old[0] != size else []
        self.signature(name, head)
        if not consistent(old, new, [bytes.fromhex(one) for one in path]):
            self.fail(name, "the stamped head is not the beginning of the signed one")
        openssl = f"openssl ts -verify -data {name} -in {name[:-5]} -CAfile ROOT.pem"
        ots = f"{name[:-5]}: OpenTimestamps, not verified without block headers"
        self.commands.append(openssl if name.endswith(".tsr.json") else ots)


def main(arguments: list[str]) -> int:
    pinned = arguments.pop(arguments.index("--key") + 1) if "--key" in arguments else ""
    folders = [Path(one) for one in arguments if one != "--key"]
    bundle = Bundle(folders[0] if folders else Path(__file__).resolve().parent)
    if pinned and pinned not in [*bundle.keys, *map(bytes.hex, bundle.keys.values())]:
        bundle.fail("tree_head.json", "the key you named neither signed it nor handed over")
    items = "items: " + ", ".join(f"{count} {how}" for how, count in bundle.counts.items())
    print(*bundle.failures, *(f"STILL TO CHECK {one}" for one in bundle.commands), items, sep="\n")
    print("head over {size} entries, signed {at} by key {key}".format(**bundle.head), end="; ")
    print("you named it" if pinned else "compare that with the key the desk published elsewhere")
    print(f"{len(bundle.failures)} FAILURES" if bundle.failures else "OK: unchanged since capture")
    return 1 if bundle.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/python3
"""Stands in for a MongoDB that refuses every password. Writes its port into the file that the argument names.

Written from MongoDB's manual of its wire protocol: OP_QUERY (2004) is answered by OP_REPLY (1), OP_MSG (2013) by OP_MSG.
`hello` and `isMaster` describe a server of version 7; `saslStart` is refused with code 18, AuthenticationFailed.
"""

import socketserver
import struct
import sys

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013


def element(name, value):
    key = name.encode() + b"\0"
    if isinstance(value, bool):
        return b"\x08" + key + bytes([value])
    if isinstance(value, int):
        return b"\x10" + key + struct.pack("<i", value)
    if isinstance(value, float):
        return b"\x01" + key + struct.pack("<d", value)
    text = value.encode() + b"\0"
    return b"\x02" + key + struct.pack("<i", len(text)) + text


def document(fields):
    body = b"".join(element(name, value) for name, value in fields.items()) + b"\0"
    return struct.pack("<i", 4 + len(body)) + body


def answer(command):
    if command.lower() in ("hello", "ismaster"):
        limits = {"maxBsonObjectSize": 16777216, "maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 100000}
        return {"helloOk": True, "isWritablePrimary": True, "ismaster": True, **limits,
                "minWireVersion": 0, "maxWireVersion": 21, "readOnly": False, "ok": 1.0}
    if command == "saslStart":
        return {"ok": 0.0, "errmsg": "Authentication failed.", "code": 18, "codeName": "AuthenticationFailed"}
    return {"ok": 0.0, "errmsg": f"{command} requires authentication", "code": 13, "codeName": "Unauthorized"}


def first_key(text):
    """The name of the first field of a document, which is the command."""
    return text[5:text.index(b"\0", 5)].decode()


class Client(socketserver.StreamRequestHandler):
    def handle(self):
        while head := self.rfile.read(16):
            length, request, _, operation = struct.unpack("<iiii", head)
            body = self.rfile.read(length - 16)
            if operation == OP_QUERY:
                # Flags, the name of the collection, how many to skip and to return, and the document.
                query = body[body.index(b"\0", 4) + 1 + 8:]
                reply = struct.pack("<iqii", 8, 0, 0, 1) + document(answer(first_key(query)))
                kind = OP_REPLY
            else:
                # Flags, the kind of the section, and the document.
                reply = struct.pack("<IB", 0, 0) + document(answer(first_key(body[5:])))
                kind = OP_MSG
            self.wfile.write(struct.pack("<iiii", 16 + len(reply), 0, request, kind) + reply)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Client) as server:
    with open(sys.argv[1], "w") as port:
        port.write(f"{server.server_address[1]}\n")
    server.serve_forever()

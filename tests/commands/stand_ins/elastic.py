#!/usr/bin/python3
"""Stands in for the HTTP interfaces of Elasticsearch and Kibana: notes what is asked of it, and answers as /answers says.

Written from their reference: a request succeeds with 200; what it refuses has another status, and an error in JSON;
whose password is wrong gets 401.
"""

import base64
import http.server
import json
import os
import threading


class Server(http.server.BaseHTTPRequestHandler):
    def answer(self):
        size = int(self.headers.get("content-length", 0))
        body = self.rfile.read(size).decode()
        user = base64.b64decode(self.headers["authorization"].split()[1]).decode()
        request = {"method": self.command, "port": self.server.server_port, "path": self.path, "user": user}
        request["body"] = json.loads(body) if body else None
        with open("/answers/requests", "a") as requests:
            requests.write(json.dumps(request) + "\n")
        refused = os.environ.get("REFUSES", "nothing")
        status, words = 200, "{}"
        if refused in self.path:
            status, words = 500, '{"error": "as the test wants"}'
        elif user.split(":")[0] == os.environ.get("DENIES"):
            words = '{"error": {"type": "security_exception", "reason": "unable to authenticate user [%s] for REST request"}}'
            status, words = 401, words % user.split(":")[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(words.encode())

    do_GET = do_PUT = do_POST = answer

    def log_message(self, *_):
        pass


for port in 9200, 5601:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Server)
    threading.Thread(target=server.serve_forever).start()

#!/usr/bin/env python3
"""git_http.py BACKEND FOLDER ADDRESS PORT TOKEN - git's own HTTP server for the repositories in FOLDER, to
those who show TOKEN. SPDX-License-Identifier: ISC"""

import http.server
import os
import subprocess
import sys

backend, folder, address, port, token = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.serve(b"")

    def do_POST(self):
        self.serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def serve(self, body):
        if self.headers.get("Authorization") != "Bearer " + token:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="state"')
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(b"reading needs a token\n")
            return
        path, _, query = self.path.partition("?")
        env = dict(
            os.environ,
            GIT_PROJECT_ROOT=os.path.abspath(folder),
            GIT_HTTP_EXPORT_ALL="1",
            GIT_CONFIG_COUNT="1",
            GIT_CONFIG_KEY_0="safe.directory",
            GIT_CONFIG_VALUE_0="*",
            PATH_INFO=path,
            QUERY_STRING=query,
            REQUEST_METHOD=self.command,
            CONTENT_TYPE=self.headers.get("Content-Type", ""),
            CONTENT_LENGTH=str(len(body)),
            HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""),
            REMOTE_ADDR="127.0.0.1",
        )
        answer = subprocess.run([backend], input=body, env=env, stdout=subprocess.PIPE).stdout
        head, _, rest = answer.partition(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n"))
        self.send_response(int(fields.pop(b"Status", b"200").split()[0]))
        for name, value in fields.items():
            self.send_header(name.decode(), value.decode())
        self.end_headers()
        self.wfile.write(rest)


http.server.ThreadingHTTPServer((address, int(port)), Handler).serve_forever()

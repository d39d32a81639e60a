"""Takes events as a receiver does: verified by the Standard Webhooks library, read by the CloudEvents SDK.

Prints its port, then one JSON object a request on standard output. Takes one JSON object a line on standard input: with which status
it answers from now on, and with which Retry-After."""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cloudevents.v1.http import from_http
from standardwebhooks import Webhook

answer = {"status": 204}


def read(headers, body):
    if headers["content-type"] == "application/cloudevents-batch+json":
        return [from_http({"content-type": "application/cloudevents+json"}, json.dumps(one)) for one in json.loads(body)]
    return [from_http(headers, body)]


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        said = {"status": answer["status"], "webhook_id": headers.get("webhook-id"), "length": len(body)}
        try:
            Webhook(sys.argv[1]).verify(body, headers)
            said["events"] = [{**event.get_attributes(), "data": event.get_data()} for event in read(headers, body)]
        except Exception as wrong:  # whatever the judges find wrong is what the test shall see
            said["wrong"] = f"{type(wrong).__name__}: {wrong}"
        print(json.dumps(said), flush=True)
        self.send_response(answer["status"])
        if "retry_after" in answer:
            self.send_header("retry-after", str(answer["retry_after"]))
        if answer["status"] == 307:
            self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"listens on {server.server_port}", flush=True)
for line in sys.stdin:
    answer = json.loads(line)
    print("told", flush=True)

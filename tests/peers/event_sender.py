"""Sends events as a cloud system does: made by the CloudEvents SDK, signed by the Standard Webhooks library.

One JSON object a line on standard input: url, secret, mode (structured, binary or batch), events (id, type, data), and
perhaps age_s. Answers each by one line: the status, and what was answered. With a port in the place of url and secret, and
a topic: one MQTT message in binary mode, answered when the broker has it."""
import datetime
import json
import sys
import urllib.error
import urllib.request

import paho.mqtt.client as mqtt
from cloudevents.v1.conversion import to_binary, to_json, to_structured
from cloudevents.v1.http import CloudEvent
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from standardwebhooks import Webhook


def made(event):
    attributes = {"id": event["id"], "source": "https://hr.example/people", "type": event["type"], "subject": "Zoë",
                  "datacontenttype": "application/json"}
    return CloudEvent(attributes, event["data"])


def packed(order):
    events = [made(event) for event in order["events"]]
    if order["mode"] == "structured":
        return to_structured(events[0])
    if order["mode"] == "binary":
        return to_binary(events[0])
    body = b"[" + b",".join(to_json(event) for event in events) + b"]"
    return {"content-type": "application/cloudevents-batch+json"}, body


def sent(order):
    headers, body = packed(order)
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=order.get("age_s", 0))
    signature = Webhook(order["secret"]).sign("msg_" + order["events"][0]["id"], at, body.decode())
    headers = {
        **headers,
        "webhook-id": "msg_" + order["events"][0]["id"],
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    # urllib sends Latin-1, and CloudEvents percent-encodes all else.
    headers = {name: urllib.request.quote(value, safe=" !#$&'()*+,/:;=?@[]") if name.startswith("ce-") else value
               for name, value in headers.items()}
    request = urllib.request.Request(order["url"], data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def published(order):
    headers, body = to_binary(made(order["events"][0]))
    properties = Properties(PacketTypes.PUBLISH)
    properties.ContentType = "application/json"
    properties.UserProperty = [(name[3:], value) for name, value in headers.items() if name.startswith("ce-")]
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", order["port"])
    client.loop_start()
    client.publish(order["topic"], body, qos=1, properties=properties).wait_for_publish()
    client.disconnect()
    return 0, None


for line in sys.stdin:
    order = json.loads(line)
    status, answer = published(order) if "port" in order else sent(order)
    print(json.dumps({"status": status, "answer": answer}), flush=True)

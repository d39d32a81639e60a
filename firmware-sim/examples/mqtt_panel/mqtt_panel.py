#!/usr/bin/env python3
"""A door controller on MQTT, for makers: gateway/docs/mqtt.md in Python, with paho-mqtt 2.

    mqtt_panel.py --site harbour --controller shed --port 1883
    mqtt_panel.py … --host gateway.example --port 8883 --ca ca.pem --secret-file shed.secret --flash shed.flash

Type `READER BITS HEX` to present a card, as `0 26 2f623ae`; it says `granted` or why not.
"""
import argparse
import secrets
import struct
import sys
import threading
import time

import paho.mqtt.client as mqtt

from card_table import GRANTED, READERS, Panel

RECEIVE, IDENTITY = 1024, b"Example, Python"
REASONS = ("granted", "unknown card", "not valid yet", "expired", "no access", "unknown profile", "unknown reader",
           "clock not set")
SWITCHED, NO_OUTPUT, REFUSED, TOO_LATE = range(4)
LONGEST = 36_000  # tenths of a second
EVENTS_WAITING = b"\x80\x00"


class Controller:
    """The panel behind its topics: sessions and numbers, so that nothing old or doubled is ever done."""

    def __init__(self, options):
        self.panel, self.lock = Panel(options.flash), threading.Lock()
        self.base = f"gatehouse/v1/{options.site}/{options.controller}"
        self.nonce = self.session = None
        self.highest = -1
        self.mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, options.controller, protocol=mqtt.MQTTv5)
        if options.secret_file:
            with open(options.secret_file, encoding="utf-8") as file:
                self.mqtt.username_pw_set(options.controller, file.read().strip())
        if options.ca:
            self.mqtt.tls_set(options.ca)
        self.mqtt.will_set(f"{self.base}/from/state", "offline", qos=1, retain=True)
        self.mqtt.on_connect = self.connected
        self.mqtt.on_subscribe = lambda *_: self.say("state", "online", retain=True)
        self.mqtt.on_message = self.heard
        self.mqtt.reconnect_delay_set(1, 30)
        self.mqtt.connect_async(options.host, options.port, keepalive=30, clean_start=True)
        self.mqtt.loop_start()

    def say(self, topic, payload, retain=False):
        self.mqtt.publish(f"{self.base}/from/{topic}", payload, qos=1, retain=retain)

    def connected(self, client, userdata, flags, reason, properties):
        """There is no session before the first hello on a connection."""
        with self.lock:
            self.nonce = self.session = None
        if reason.is_failure:
            print(f"the broker refuses: {reason}", file=sys.stderr)
        else:
            client.subscribe(f"{self.base}/to/+", qos=1)

    def heard(self, client, userdata, message):
        if message.retain:
            return
        with self.lock:
            handle = {"hello": self.hello, "operation": self.operation, "actuate": self.actuate}
            handle.get(message.topic.rsplit("/", 1)[1], lambda payload: None)(message.payload)

    def hello(self, payload):
        if len(payload) != 8:
            return
        if payload != self.nonce:
            self.nonce, self.session, self.highest = payload, struct.pack("<I", secrets.randbelow(2**32 - 1) + 1), -1
        self.say("welcome", payload + self.session + struct.pack("<H", RECEIVE) + IDENTITY)
        self.say("itself", b"\x00")

    def new(self, payload, length):
        """Whether this is of the present session, and its number higher than all before it."""
        if payload[:4] != self.session or len(payload) < length:
            return False
        (number,) = struct.unpack_from("<I", payload, 4)
        if number <= self.highest:
            return False
        self.highest = number
        return True

    def operation(self, payload):
        if self.new(payload, 9):
            long = len(payload) - 8 > RECEIVE
            self.say("answer", payload[:8] + (payload[8:9] + b"\x02" if long else self.panel.operate(payload[8:])))

    def actuate(self, payload):
        if len(payload) != 15 or not self.new(payload, 15):
            return
        not_after, output, tenths = struct.unpack_from("<IBH", payload, 8)
        now = self.panel.now()
        if output >= READERS:
            status = NO_OUTPUT
        elif tenths > LONGEST:
            status = REFUSED
        elif now is None or now > not_after:
            status = TOO_LATE
        else:
            status = SWITCHED
            print(f"output {output} on for {tenths / 10} s", flush=True)
            threading.Timer(tenths / 10, print, (f"output {output} off",), {"flush": True}).start()
        self.say("actuated", payload[:8] + bytes([status]))

    def present(self, reader, key):
        with self.lock:
            reason = self.panel.present(reader, key)
            first = self.panel.events[0][0]
            self.say("waiting", EVENTS_WAITING + struct.pack("<II", first, self.panel.next_event))
        if reason == GRANTED:
            threading.Timer(5, print, (f"output {reader} off",), {"flush": True}).start()
        print(REASONS[reason], flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--ca", help="certificates that vouch for the broker, PEM; without it the connection is plain")
    parser.add_argument("--secret-file", help="the password; the user name is the controller")
    parser.add_argument("--site", required=True)
    parser.add_argument("--controller", required=True)
    parser.add_argument("--flash", help="file that outlives a loss of power; without it nothing does")
    controller = Controller(parser.parse_args())
    for line in sys.stdin:
        reader, bits, raw = line.split()
        key = bytes([int(bits)]) + int(raw, 16).to_bytes((int(bits) + 7) // 8, "big")
        controller.present(int(reader), key)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()

"""The card-table command set, version 1, of panel-protocol/PROTOCOL.md: what a door controller holds and decides.

`Panel.operate` takes an operation and gives the answer, `Panel.present` decides on a card. It knows no MQTT and no OSDP.
"""
import os
import pickle
import struct
import time

from siphash import siphash

READERS, ROWS, PROFILES, EVENTS, ITEMS = 2, 200, 4, 64, 50  # ITEMS: rows or events in one answer
DONE, UNKNOWN, MALFORMED, FULL, MISMATCH, STAGING = range(6)
GRANTED, UNKNOWN_CARD, NOT_YET, EXPIRED, NO_ACCESS, NO_PROFILE, NO_READER, NO_CLOCK = range(8)
M64 = (1 << 64) - 1


def need(fine):
    if not fine:
        raise ValueError


def take_key(data, flags=0):
    """A card's key at the front of data, and the rest; with flags 0x80 its first byte may have that bit."""
    need(data)
    bits = data[0] & ~flags
    size = 1 + (bits + 7) // 8
    need(1 <= bits <= 64 and len(data) >= size and int.from_bytes(data[1:size], "big") >> bits == 0)
    return bytes([bits]) + data[1:size], data[size:]


def take_row(data):
    """A row at the front of data: its key, its bytes, and the rest."""
    key, rest = take_key(data, 0x80)
    extended = data[0] & 0x80
    need(len(rest) >= (3 if extended else 2) and (not extended or rest[2] in (1, 2, 3)))
    size = 3 + 4 * (1, 1, 2)[rest[2] - 1] if extended else 2
    need(len(rest) >= size)
    return key, data[:len(data) - len(rest) + size], rest[size:]


def many(take, data):
    need(data)
    while data:
        *item, data = take(data)
        yield item


def bucket_of(key):
    return (int.from_bytes(key[1:], "big") + (key[0] << 32)) * 0x9E3779B97F4A7C15 % 2**64 >> 56


class Panel:
    """Table, clock and events. What `kept` names survives a loss of power; the clock does not."""
    kept = ("rows", "profiles", "key", "epoch", "events", "next_event", "boot")

    def __init__(self, flash):
        self.rows, self.profiles, self.staged, self.events = {}, [], [], []
        self.key, self.epoch, self.next_event, self.boot, self.clock, self.flash = bytes(16), 0, 0, 0, None, flash
        if flash and os.path.exists(flash):
            with open(flash, "rb") as file:
                self.__dict__.update(pickle.load(file))
            self.boot = self.boot + 1 & 0xFFFF
        self.buckets = self.digests()
        self.keep()

    def keep(self):
        """Into flash, before anybody is told that it is done."""
        if self.flash:
            with open(self.flash + ".new", "wb", buffering=0) as file:
                file.write(pickle.dumps({name: getattr(self, name) for name in self.kept}))
                os.fsync(file.fileno())
            os.replace(self.flash + ".new", self.flash)

    def digests(self):
        buckets = [0] * 256
        for key, row in self.rows.items():
            buckets[bucket_of(key)] = buckets[bucket_of(key)] + siphash(self.key, row) & M64
        return buckets

    def digest(self, profiles):
        return siphash(self.key, struct.pack("<256QH", *self.buckets, len(profiles)) + b"".join(profiles))

    def now(self):
        return int(self.clock[0] + time.monotonic() - self.clock[1]) if self.clock else None

    def set(self, key, row):
        """Puts a row in the place of the one with this key, or just takes that out; whether there was one."""
        old, bucket = self.rows.pop(key, None), bucket_of(key)
        for sign, one in ((-1, old), (1, row)):
            if one:
                self.buckets[bucket] = self.buckets[bucket] + sign * siphash(self.key, one) & M64
        if row:
            self.rows[key] = row
        return old is not None

    def operate(self, operation):
        """The answer to an operation."""
        try:
            status, answer = self.execute(operation[0], operation[1:])
            return bytes([operation[0], status]) + answer
        except (ValueError, struct.error):
            return bytes([operation[0], MALFORMED])

    def change(self, applied, status=DONE):
        self.keep()
        return status, struct.pack("<QH", self.digest(self.profiles), applied)

    def execute(self, code, body):
        if code == 0x01:
            need(not body)
            first = self.events[0][0] if self.events else self.next_event
            return DONE, struct.pack("<BBHIIHHQQIIII", 1, READERS, self.boot, ROWS, len(self.rows), PROFILES,
                                     len(self.profiles), self.digest(self.profiles), siphash(self.key, b""), self.epoch,
                                     self.now() or 0, first, self.next_event)
        if code == 0x02:
            epoch, key = struct.unpack("<I16s", body)
            need(epoch)
            self.epoch, self.key = epoch, key
            self.buckets = self.digests()
            return self.change(1)
        if code == 0x03:
            (utc,) = struct.unpack("<I", body)
            need(utc)
            self.clock = (utc, time.monotonic())
            return DONE, b""
        if code == 0x10:
            rows = list(many(take_row, body))
            for applied, (key, row) in enumerate(rows):
                if key not in self.rows and len(self.rows) == ROWS:
                    return self.change(applied, FULL)
                self.set(key, row)
            return self.change(len(rows))
        if code == 0x11:
            return self.change(sum(self.set(key, None) for (key,) in list(many(take_key, body))))
        if code == 0x12:
            profiles = [body[place:place + 16] for place in range(2, len(body), 16)]
            need(profiles and all(len(one) == 16 and set(one) <= {0, 0xFF} for one in profiles))
            (at,) = struct.unpack("<H", body[:2])
            self.staged = self.staged if at else []
            if at != len(self.staged) or at + len(profiles) > PROFILES:
                return self.change(len(self.staged), STAGING)
            self.staged += profiles
            return self.change(len(self.staged))
        if code == 0x13:
            count, digest = struct.unpack("<HQ", body)
            if count != len(self.staged) or digest != self.digest(self.staged):
                return self.change(len(self.profiles), STAGING if count != len(self.staged) else MISMATCH)
            self.profiles, self.staged = self.staged, []
            return self.change(count)
        if code == 0x20:
            at, count = struct.unpack("<BH", body)
            need(1 <= count <= 256 - at)
            return DONE, struct.pack(f"<B{count}Q", at, *self.buckets[at:at + count])
        if code == 0x21:
            need(body)
            after, rest = take_key(body[1:]) if body[1:] else (b"", b"")
            need(not rest)
            keys = sorted(key for key in self.rows if bucket_of(key) == body[0] and key > after)
            fitting = keys[:ITEMS]
            return DONE, bytes([body[0], fitting != keys]) + b"".join(self.rows[key] for key in fitting)
        if code == 0x30:
            (at,) = struct.unpack("<I", body)
            events = [event for number, event in self.events if number >= at][:ITEMS]
            return DONE, struct.pack("<I", self.next_event) + b"".join(events)
        if code == 0x31:
            (before,) = struct.unpack("<I", body)
            self.events = [event for event in self.events if event[0] >= before]
            self.keep()
            return DONE, b""
        return UNKNOWN, b""

    def decide(self, reader, key):
        row, now = self.rows.get(key), self.now()
        if reader >= READERS:
            return NO_READER
        if row is None:
            return UNKNOWN_CARD
        (profile,) = struct.unpack_from("<H", row, len(key))
        if profile >= len(self.profiles):
            return NO_PROFILE
        if row[0] & 0x80:
            flags, times = row[len(key) + 2], [utc for (utc,) in struct.iter_unpack("<I", row[len(key) + 3:])]
            if now is None:
                return NO_CLOCK
            if flags & 1 and now < times[0]:
                return NOT_YET
            if flags & 2 and now >= times[-1]:
                return EXPIRED
        return GRANTED if self.profiles[profile][reader] else NO_ACCESS

    def present(self, reader, key):
        """Decides on a card, and keeps what happened until the gateway has it."""
        reason = self.decide(reader, key)
        event = struct.pack("<IIBBB", self.next_event, self.now() or 0, 1, reader, reason) + key
        self.events = (self.events + [(self.next_event, event)])[-EVENTS:]
        self.next_event += 1
        self.keep()
        return reason

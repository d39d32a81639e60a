"""libosdp, by its Python binding, as a CP or a PD on a serial port: the peer of the tests in tests/interop.

    libosdp_peer.py cp|pd TTY ADDRESS KEY

KEY is 32 hexadecimal digits; nothing is ever sent or taken without it (ENFORCE_SECURE). Each line of standard input is
a JSON object that is handed to libosdp: a command to send for a CP, an event to tell for a PD. Each line of standard
output is a JSON object: {"ready": true} once, then what libosdp hands over, events at a CP, commands at a PD. Bytes are
hexadecimal. A PD sends the bytes of a vendor's command back in reverse. The program ends with its standard input.
"""

import json
import os
import sys
import termios
import threading
import tty

import osdp

CAPABILITIES = osdp.PDCapabilities([
    (osdp.Capability.ContactStatusMonitoring, 1, 4),
    (osdp.Capability.OutputControl, 1, 4),
    (osdp.Capability.LEDControl, 1, 2),
    (osdp.Capability.AudibleControl, 1, 1),
    (osdp.Capability.TextOutput, 1, 1),
    (osdp.Capability.Readers, 1, 1),
])


class SerialPort(osdp.Channel):
    """Raw, and never blocking."""

    def __init__(self, path):
        super().__init__()
        self.port = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.port)

    def read(self, max_bytes):
        try:
            return os.read(self.port, max_bytes)
        except BlockingIOError:
            return b""

    def write(self, buf):
        return os.write(self.port, buf)

    def flush(self):
        termios.tcflush(self.port, termios.TCIFLUSH)


output = threading.Lock()


def tell(value):
    """Writes one line; libosdp calls from a thread of its own."""
    with output:
        print(json.dumps(value, default=bytes.hex), flush=True)


def given():
    """What standard input asks for, line by line, until it ends."""
    for line in sys.stdin:
        value = json.loads(line)
        if "data" in value:
            value["data"] = bytes.fromhex(value["data"])
        yield value


def run_cp(info, address):
    def hear(_, event):
        tell(event)
        return 0

    cp = osdp.ControlPanel([info], log_level=osdp.LogLevel.Warning, event_handler=hear)
    cp.start()
    tell({"ready": True})
    for command in given():
        tell({"sent": cp.submit_command(address, command)})
    cp.teardown()


def run_pd(info, _):
    def obey(command):
        tell(command)
        if command["command"] == osdp.Command.Manufacturer:
            return 1, {**command, "data": command["data"][::-1]}
        return 0, None

    pd = osdp.PeripheralDevice(info, CAPABILITIES, log_level=osdp.LogLevel.Warning, command_handler=obey)
    pd.start()
    tell({"ready": True})
    for event in given():
        tell({"told": pd.submit_event(event)})
    pd.teardown()


def main():
    role, path, address, key = sys.argv[1:]
    flags = [osdp.LibFlag.EnforceSecure, osdp.LibFlag.EnableNotification]
    info = osdp.PDInfo(int(address), SerialPort(path), scbk=bytes.fromhex(key), flags=flags)
    {"cp": run_cp, "pd": run_pd}[role](info, int(address))


if __name__ == "__main__":
    main()

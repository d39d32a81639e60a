"""What Home Assistant's Tasmota library makes of discovery messages: the board's on the first line, its sensors' on the
second. Exits with an error when it refuses one."""
import json
import sys

from hatasmota.discovery import TASMOTA_SENSOR_DISCOVERY_SCHEMA, TasmotaDiscoveryMsg
from hatasmota.switch import TasmotaSwitchConfig
from hatasmota.utils import get_topic_tele_will

board = TasmotaDiscoveryMsg(json.loads(sys.stdin.readline()))
sensors = TASMOTA_SENSOR_DISCOVERY_SCHEMA(json.loads(sys.stdin.readline()))
switches = [TasmotaSwitchConfig.from_discovery_message(board, place, "binary_sensor")
            for place, mode in enumerate(board["swc"]) if mode >= 0]
print("relays", sum(board["rl"]))
print("switches", sum(switch is not None for switch in switches))
print("availability", get_topic_tele_will(board))
print("sensors", *(name for name, value in sensors["sn"].items() if isinstance(value, dict)))

"""SipHash-2-4 with a result of 64 bits: the hash under every digest. A board takes a library in C instead."""
import struct

MASK = (1 << 64) - 1


def siphash(key, data):
    """The hash of data under a key of 16 bytes."""
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    rotate = lambda x, n: (x << n | x >> 64 - n) & MASK
    def rounds(count):
        for _ in range(count):
            v[0] = v[0] + v[1] & MASK; v[1] = rotate(v[1], 13) ^ v[0]; v[0] = rotate(v[0], 32)
            v[2] = v[2] + v[3] & MASK; v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = v[0] + v[3] & MASK; v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = v[2] + v[1] & MASK; v[1] = rotate(v[1], 17) ^ v[2]; v[2] = rotate(v[2], 32)
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 0xFF])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word; rounds(2); v[0] ^= word
    v[2] ^= 0xFF; rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]

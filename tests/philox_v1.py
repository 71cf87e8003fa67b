"""philox-v1 rebuilt from docs/formats/philox-v1.md alone: plain Python integers and fractions, no floating point.

Run it to check the examples on that page: python3 tests/philox_v1.py
"""
import math
import pathlib
import re
import struct
import sys
from fractions import Fraction

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "formats" / "philox-v1.md"
M32 = 0xFFFFFFFF


def philox(key, counter):
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & M32, (p0 >> 32) ^ c3 ^ k1, p0 & M32
        k0, k1 = (k0 + 0x9E3779B9) & M32, (k1 + 0xBB67AE85) & M32
    return c0, c1, c2, c3


def words(seed, n, third, stream):
    return philox((seed & M32, seed >> 32), (n & M32, n >> 32, third, stream))


def value(bits):
    """The exact value of a finite float32."""
    exponent, fraction = bits >> 23 & 255, bits & 0x7FFFFF
    magnitude = Fraction(fraction | (0x800000 if exponent else 0)) * Fraction(2) ** (max(exponent, 1) - 150)
    return -magnitude if bits >> 31 else magnitude


def nearest(x, negative_zero=False):
    """The bits of the float32 nearest to an exact value, ties to even."""
    if x == 0:
        return 0x80000000 if negative_zero else 0
    sign, x = (0x80000000, -x) if x < 0 else (0, x)
    exponent = x.numerator.bit_length() - x.denominator.bit_length()
    exponent -= Fraction(2) ** exponent > x
    unit = max(exponent, -126) - 23
    steps = round(x / Fraction(2) ** unit)  # Python rounds ties to even
    if steps == 1 << 24:
        steps, unit = steps >> 1, unit + 1
    bits = steps if steps < 1 << 23 else (unit + 150 << 23) + (steps - (1 << 23))
    return sign | min(bits, 0x7F800000)


def fma(a, b, c):
    exact = value(a) * value(b) + value(c)
    return nearest(exact, (a ^ b) >> 31 and c >> 31)


def mul(a, b):
    return nearest(value(a) * value(b), (a ^ b) >> 31)


def sub(a, b):
    return nearest(value(a) - value(b))


def sqrt(a):
    """Rounded from an integer square root with more than 24 bits to spare and its exactness as a sticky bit."""
    scaled = value(a) * 4 ** 100
    root = math.isqrt(scaled.numerator // scaled.denominator)
    sticky = Fraction(0 if root * root == scaled else 1, 2)
    return nearest((root + sticky) / Fraction(2) ** 100)


def from_int(i):
    return nearest(Fraction(i))


def constants():
    page = PAGE.read_text(encoding="utf-8")
    table = dict(re.findall(r"\| ([LSC]\d|T|H)(?: = [^|]*)? \| (0x[0-9A-F]{8}) \|", page))
    assert len(table) == 8 + 5 + 4 + 2, sorted(table)
    return {name: int(bits, 16) for name, bits in table.items()}


K = constants()
ONE, TWO, TURN = 0x3F800000, 0x40000000, 0x2F800000


def pair(a, b):
    k = from_int((a >> 8) + 1)
    i = 0x4BB504F3 - k
    e = from_int(i >> 23)
    f = sub(ONE, 0x3FB504F3 - (i & 0x7FFFFF))
    p = K["L7"]
    for c in [K[f"L{j}"] for j in range(6, -1, -1)] + [TWO]:
        p = fma(p, f, c)
    r = sqrt(fma(e, K["T"], mul(p, f)))
    c = from_int(b - (b >> 31 << 32))
    m = fma(c, TURN, K["H"])
    s = fma(c, TURN, sub(K["H"], m))
    v = mul(s, s)
    p = K["S4"]
    for j in range(3, -1, -1):
        p = fma(p, v, K[f"S{j}"])
    sin = mul(s, p)
    cos = K["C3"]
    for j in (K["C2"], K["C1"], K["C0"], ONE):
        cos = fma(cos, v, j)
    r ^= (m & 1) << 31
    return mul(r, cos), mul(r, sin)


def gaussian(seed, ordinal, index, stream=0):
    w = words(seed, index // 4, ordinal, stream)
    return pair(*w[index & 2 : (index & 2) + 2])[index & 1]


def rounding_bits(seed, ordinal, index):
    return words(seed, index // 8, ordinal, 2)[index % 8 // 2] >> 16 * (index % 2) & 0xFFFF


def widen(theta, kind):
    if kind == "float32":
        return theta
    if kind == "bfloat16":
        return theta << 16
    magnitude = Fraction(*struct.unpack("<e", struct.pack("<H", theta & 0x7FFF))[0].as_integer_ratio())
    return nearest(magnitude) | (theta & 0x8000) << 16


def store(x, kind, r):
    sign, m = x >> 31, x & 0x7FFFFFFF
    if kind == "float32":
        return sign << 31 | min(m, 0x7F7FFFFF)
    if kind == "bfloat16":
        return sign << 15 | min(m + r >> 16, 0x7F7F)
    if m >= 0x38800000:
        return sign << 15 | min(m - (112 << 23) + (r >> 3) >> 13, 0x7BFF)
    return sign << 15 | math.floor(value(m) * 2**40) + r >> 16


def fold(theta, kind, ordinal, index, decay, directions):
    x = mul(widen(theta, kind), decay)
    for seed, a in directions:
        x = fma(a, gaussian(seed, ordinal, index), x)
    return store(x, kind, rounding_bits(directions[0][0], ordinal, index))


def digest(data, tensor):
    padded = data + bytes(-len(data) % 8)
    total = 0
    for i in range(len(padded) // 8):
        v = int.from_bytes(padded[8 * i : 8 * i + 8], "little")
        w = philox((0x5A4F4447, tensor), (v & M32, v >> 32, i & M32, i >> 32))
        total += sum(word << 32 * j for j, word in enumerate(w))
    return total % 2**128


def word64(seed, n, third, stream):
    w = words(seed, n, third, stream)
    return w[1] << 32 | w[0]


def order(seed, epoch, rows):
    pi = list(range(rows))
    for i in range(rows - 1, 0, -1):
        j = word64(seed, i, epoch, 4) * (i + 1) >> 64
        pi[i], pi[j] = pi[j], pi[i]
    return pi


def examples(columns):
    """The rows of the page's example table whose header holds these columns."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    at = lines.index("| " + " | ".join(columns) + " |") + 2
    while at < len(lines) and lines[at].startswith("|"):
        yield [cell.strip() for cell in lines[at].strip("|").split("|")]
        at += 1


COMMIT = (0x3F7FF972, [(0x1122334455667788, 0x3A83126F), (1, 0xB951B717)])


def check():
    count = 0
    for seed, ordinal, index, z in examples(["seed", "ordinal", "index", "bits of z"]):
        assert gaussian(int(seed, 16), int(ordinal), int(index)) == int(z, 16), (seed, ordinal, index)
        count += 1
    for a, b, z in examples(["a", "b", "bits of the pair"]):
        assert pair(int(a, 16), int(b, 16)) == tuple(int(x, 16) for x in z.split()), (a, b)
        count += 1
    for seed, step, d, expected in examples(["run seed", "step", "d", "seed of direction"]):
        assert word64(int(seed, 16), int(step), int(d), 3) == int(expected, 16), (seed, step, d)
        count += 1
    for seed, epoch, expected in examples(["run seed", "epoch", "π"]):
        assert order(int(seed, 16), int(epoch), 10) == [int(row) for row in expected.split()], (seed, epoch)
        count += 1
    for kind, index, before, after in examples(["format", "index", "θ before", "θ after"]):
        assert fold(int(before, 16), kind, 3, int(index), *COMMIT) == int(after, 16), (kind, index, before)
        count += 1
    for tensor, data, expected in examples(["tensor number", "bytes", "digest"]):
        assert digest(bytes.fromhex(data), int(tensor)) == int(expected, 16), data
        count += 1
    print(f"{count} examples of {PAGE.name} are equal")


if __name__ == "__main__":
    sys.exit(check())

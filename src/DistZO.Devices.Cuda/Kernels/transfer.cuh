// Weights that are rounded for transfer (docs/formats/transfer.md): rounded where they are read, or read as they came, packed.
#pragma once

#include "groups.cuh"

// How probes see stored weights before z is added. Packed bfloat16 is an array of that format, AS_HELD.
enum { AS_HELD = 0, TO_BFLOAT16 = 1, TO_FLOAT8 = 2, PACKED_FLOAT8 = 3 };

// 2 to a power from -126 to 127.
__device__ __forceinline__ float power2(int exponent)
{
    return __int_as_float((exponent + 127) << 23);
}

// Of the scale of a group whose largest magnitude has these bits: the least power of two of which it is at most 448.
__device__ __forceinline__ int scaleExponent(unsigned largest)
{
    return min(max((int)((largest + 0x1FFFFFu) >> 23) - 135, -126), 119);
}

// The nearest E4M3 value, ties to even; what is larger than 448 becomes 448. The sign is kept, also of zero.
__device__ __forceinline__ float nearestFloat8(float x)
{
    unsigned bits = __float_as_uint(x);
    unsigned magnitude = bits & 0x7FFFFFFFu;
    // Below 2^-6 a multiple of 2^-9, which is the unit of 2^14's last place.
    unsigned value = magnitude >= 0x3C800000u
        ? min((magnitude + 0x7FFFFu + (magnitude >> 20 & 1u)) & 0xFFF00000u, 0x43E00000u)
        : __float_as_uint(__fsub_rn(__fadd_rn(__uint_as_float(magnitude), 16384.0f), 16384.0f));
    return __uint_as_float((bits & 0x80000000u) | value);
}

// The value of a code. With the fields moved into place it is too small by 2^120, subnormals too.
__device__ __forceinline__ float ofFloat8(unsigned code)
{
    float value = __fmul_rn(__uint_as_float((code & 0x7Fu) << 20), power2(120));
    return __uint_as_float((code & 0x80u) << 24 | __float_as_uint(value));
}

// x[i] = element index + i of a packed tensor for from <= i < to, 0 elsewhere: codes, and behind them, at a multiple of 64 bytes, a scale for
// each 32 of them. index is a multiple of 8.
__device__ __forceinline__ void loadPacked8(const void* packed, long long length, long long index, int from, int to, float (&x)[8])
{
    const unsigned char* codes = (const unsigned char*)packed + index;
    float scale = power2((int)((const unsigned char*)packed)[((length + 63) & ~63LL) + (index >> 5)] - 127);
    unsigned words[2] = { 0, 0 };
    if (from == 0 && to == 8 && isAligned(codes, 8))
    {
        uint2 w = *(const uint2*)codes;
        words[0] = w.x, words[1] = w.y;
    }
    else
    {
#pragma unroll
        for (int i = 0; i < 8; i++)
            if (i >= from && i < to) words[i >> 2] |= (unsigned)codes[i] << (8 * (i & 3));
    }

#pragma unroll
    for (int i = 0; i < 8; i++) x[i] = __fmul_rn(ofFloat8(words[i >> 2] >> (8 * (i & 3)) & 0xFFu), scale);
}

// Rounds eight elements from a multiple of 8 on. A group of 32 has one scale, so all of it is read, though the caller may want a part of it.
__device__ __forceinline__ void roundToFloat8(const void* theta, int type, long long length, long long index, float (&x)[8])
{
    unsigned largest = 0;
    long long first = index & ~31LL;
    int count = (int)min(length - first, 32LL);
    for (int at = 0; at < count; at += 8)
    {
        float other[8];
        load8(theta, type, first + at, 0, min(count - at, 8), other);
#pragma unroll
        for (int i = 0; i < 8; i++) largest = max(largest, __float_as_uint(other[i]) & 0x7FFFFFFFu);
    }

    int exponent = scaleExponent(largest);
#pragma unroll
    for (int i = 0; i < 8; i++) x[i] = __fmul_rn(nearestFloat8(__fmul_rn(x[i], power2(-exponent))), power2(exponent));
}

// x[i] = element index + i of a tensor of `length` elements as its transfer rounds it, for from <= i < to. index is a multiple of 8, theta the
// place of element 0; what is rounded here is folded already.
__device__ __forceinline__ void loadRounded8(const void* theta, int type, int rounding, long long length, long long index, int from, int to, float (&x)[8])
{
    if (rounding == PACKED_FLOAT8)
    {
        loadPacked8(theta, length, index, from, to, x);
        return;
    }

    load8(theta, type, index, from, to, x);
    if (rounding == TO_FLOAT8) roundToFloat8(theta, type, length, index, x);
    if (rounding == TO_BFLOAT16)
    {
#pragma unroll
        for (int i = 0; i < 8; i++) x[i] = fromBits(BFLOAT16, toBits<true>(BFLOAT16, x[i]));
    }
}

// philox-v1: random words and the Gaussian z of them, operation by operation as docs/formats/philox-v1.md has them.
#pragma once

#include "ptx.cuh"

enum { GAUSSIAN_STREAM = 0, ROUNDING_STREAM = 2 };

// One block of Philox4x32-10. Ten rounds of two wide multiplications and two three-way xors; the keys are the same for all threads.
__device__ __forceinline__ uint4 philox(unsigned key0, unsigned key1, unsigned c0, unsigned c1, unsigned c2, unsigned c3)
{
#pragma unroll
    for (int round = 0; round < 10; round++)
    {
        unsigned long long p0 = wideProduct(c0, 0xD2511F53u);
        unsigned long long p1 = wideProduct(c2, 0xCD9E8D57u);
        c0 = (unsigned)(p1 >> 32) ^ c1 ^ key0;
        c1 = (unsigned)p1;
        c2 = (unsigned)(p0 >> 32) ^ c3 ^ key1;
        c3 = (unsigned)p0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }

    return make_uint4(c0, c1, c2, c3);
}

// Block n of a stream.
__device__ __forceinline__ uint4 philox(unsigned long long seed, unsigned long long n, unsigned third, unsigned stream)
{
    return philox((unsigned)seed, (unsigned)(seed >> 32), (unsigned)n, (unsigned)(n >> 32), third, stream);
}

// Box and Muller's transform of two words.
__device__ __forceinline__ void gaussianPair(unsigned a, unsigned b, float& even, float& odd)
{
    int i = 0x4BB504F3 - __float_as_int(__int2float_rn((int)(a >> 8) + 1));
    float e = __int2float_rn(i >> 23);
    float f = 1.0f - __int_as_float(0x3FB504F3 - (i & 0x7FFFFF));
    float p = __int_as_float(0x3E3B4FF7);
    p = __fmaf_rn(p, f, __int_as_float(0x3E96516F));
    p = __fmaf_rn(p, f, __int_as_float(0x3E98B508));
    p = __fmaf_rn(p, f, __int_as_float(0x3EA8FE20));
    p = __fmaf_rn(p, f, __int_as_float(0x3ECC5AAF));
    p = __fmaf_rn(p, f, __int_as_float(0x3F000782));
    p = __fmaf_rn(p, f, __int_as_float(0x3F2AABCD));
    p = __fmaf_rn(p, f, __int_as_float(0x3F7FFFE4));
    p = __fmaf_rn(p, f, 2.0f);
    float r = squareRoot(__fmaf_rn(e, __int_as_float(0x3FB17218), __fmul_rn(p, f)));

    const float halfTurns = __int_as_float(0x4AC00000);
    const float turnsPerUnit = 1.0f / 4294967296.0f;
    float c = __int2float_rn((int)b);
    float m = __fmaf_rn(c, turnsPerUnit, halfTurns);
    float s = __fmaf_rn(c, turnsPerUnit, __fsub_rn(halfTurns, m));
    float v = __fmul_rn(s, s);
    float sine = __int_as_float(0x421C8954);
    sine = __fmaf_rn(sine, v, __int_as_float(0xC298FDFA));
    sine = __fmaf_rn(sine, v, __int_as_float(0x42A33282));
    sine = __fmaf_rn(sine, v, __int_as_float(0xC2255DD1));
    sine = __fmaf_rn(sine, v, __int_as_float(0x40C90FDA));
    sine = __fmul_rn(s, sine);
    float cosine = __int_as_float(0x426149CD);
    cosine = __fmaf_rn(cosine, v, __int_as_float(0xC2AA8106));
    cosine = __fmaf_rn(cosine, v, __int_as_float(0x4281DECD));
    cosine = __fmaf_rn(cosine, v, __int_as_float(0xC19DE9D8));
    cosine = __fmaf_rn(cosine, v, 1.0f);

    // An odd number of half turns: the lowest bit of m becomes r's sign.
    r = __int_as_float(__float_as_int(r) ^ (__float_as_int(m) << 31));
    even = __fmul_rn(r, cosine);
    odd = __fmul_rn(r, sine);
}

// z of the eight elements 8·group, 8·group + 1, …: two blocks, whose chains of multiplications run side by side.
__device__ __forceinline__ void gaussian8(unsigned long long seed, unsigned ordinal, unsigned long long group, float (&z)[8])
{
    uint4 low = philox(seed, 2 * group, ordinal, GAUSSIAN_STREAM);
    uint4 high = philox(seed, 2 * group + 1, ordinal, GAUSSIAN_STREAM);
    gaussianPair(low.x, low.y, z[0], z[1]);
    gaussianPair(low.z, low.w, z[2], z[3]);
    gaussianPair(high.x, high.y, z[4], z[5]);
    gaussianPair(high.z, high.w, z[6], z[7]);
}

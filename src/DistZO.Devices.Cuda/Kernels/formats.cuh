// bfloat16 and binary16 to float32 and back.
#pragma once

#include "ptx.cuh"
#include "tables.cuh"

__device__ __forceinline__ int bytesOf(int type)
{
    return type == FLOAT32 ? 4 : 2;
}

// Exact.
__device__ __forceinline__ float fromBits(int type, unsigned bits)
{
    return type == BFLOAT16 ? __uint_as_float(bits << 16) : halfToFloat((unsigned short)bits);
}

// The nearest number of a 16-bit format, ties to even. CAPPED is for weights, which are finite: what is too large becomes the largest
// finite number. Otherwise it becomes infinity, and NaN stays NaN, so that a loss that came from it shows it.
template <bool CAPPED>
__device__ __forceinline__ unsigned toBits(int type, float x)
{
    unsigned bits = __float_as_uint(x);
    unsigned magnitude = bits & 0x7FFFFFFFu;
    unsigned sign = bits >> 16 & 0x8000u;
    if (type == BFLOAT16)
    {
        unsigned rounded = (magnitude + 0x7FFFu + (magnitude >> 16 & 1u)) >> 16;
        if (CAPPED) return sign | min(rounded, 0x7F7Fu);
        return sign | (magnitude > 0x7F800000u ? 0x7FC0u : rounded);
    }

    unsigned half = floatToHalf(x);
    return CAPPED ? sign | min(half & 0x7FFFu, 0x7BFFu) : half;
}

// Two of them; the first stands in the lower half.
template <int TYPE, bool CAPPED>
__device__ __forceinline__ unsigned toBitPair(float low, float high)
{
#if __CUDA_ARCH__ >= 800
    if (CAPPED) return packCappedPair<TYPE == BFLOAT16>(low, high);
    if (TYPE == FLOAT16) return packPair<false>(low, high);
#endif
    return toBits<CAPPED>(TYPE, low) | toBits<CAPPED>(TYPE, high) << 16;
}

// The store of an updated 16-bit weight by the 16 random bits r, as philox-v1 has it; as the float32 of what is stored.
__device__ __forceinline__ float roundAtRandom(int type, float x, unsigned r)
{
    unsigned bits = __float_as_uint(x);
    unsigned magnitude = bits & 0x7FFFFFFFu;
    unsigned sign = bits >> 16 & 0x8000u;
    if (type == BFLOAT16) return __uint_as_float((sign | min((magnitude + r) >> 16, 0x7F7Fu)) << 16);

    // |x|·2⁴⁰ of a subnormal half is exact and below 2²⁶.
    unsigned stored = magnitude >= 0x38800000u
        ? min((magnitude - (112u << 23) + (r >> 3)) >> 13, 0x7BFFu)
        : (__float2uint_rz(__fmul_rn(__uint_as_float(magnitude), 1099511627776.0f)) + r) >> 16;
    return halfToFloat((unsigned short)(sign | stored));
}

// The float32 store of an updated weight.
__device__ __forceinline__ float capped(float x)
{
    unsigned bits = __float_as_uint(x);
    return (bits & 0x7FFFFFFFu) == 0x7F800000u ? __uint_as_float(bits - 1u) : x;
}

// Eight or four neighbouring numbers of an array in any format, in registers. Whole runs at aligned addresses move by 16 or 8 bytes at a
// time, all others number by number.
#pragma once

#include "formats.cuh"

__device__ __forceinline__ bool isAligned(const void* p, int bytes)
{
    return ((unsigned long long)p & (unsigned long long)(bytes - 1)) == 0;
}

// x[i] = p[index + i] for from <= i < to, 0 elsewhere.
__device__ __forceinline__ void load8(const void* p, int type, long long index, int from, int to, float (&x)[8])
{
    bool whole = from == 0 && to == 8;
    if (type == FLOAT32)
    {
        const float* a = (const float*)p + index;
        if (whole && isAligned(a, 16))
        {
            float4 low = ((const float4*)a)[0];
            float4 high = ((const float4*)a)[1];
            x[0] = low.x, x[1] = low.y, x[2] = low.z, x[3] = low.w;
            x[4] = high.x, x[5] = high.y, x[6] = high.z, x[7] = high.w;
            return;
        }

#pragma unroll
        for (int i = 0; i < 8; i++) x[i] = i >= from && i < to ? a[i] : 0.0f;
        return;
    }

    const unsigned short* a = (const unsigned short*)p + index;
    if (whole && isAligned(a, 16))
    {
        uint4 w = *(const uint4*)a;
        x[0] = fromBits(type, w.x & 0xFFFFu), x[1] = fromBits(type, w.x >> 16);
        x[2] = fromBits(type, w.y & 0xFFFFu), x[3] = fromBits(type, w.y >> 16);
        x[4] = fromBits(type, w.z & 0xFFFFu), x[5] = fromBits(type, w.z >> 16);
        x[6] = fromBits(type, w.w & 0xFFFFu), x[7] = fromBits(type, w.w >> 16);
        return;
    }

#pragma unroll
    for (int i = 0; i < 8; i++) x[i] = i >= from && i < to ? fromBits(type, a[i]) : 0.0f;
}

template <bool CAPPED>
__device__ __forceinline__ unsigned toBitPair(int type, float low, float high)
{
    return toBits<CAPPED>(type, low) | toBits<CAPPED>(type, high) << 16;
}

// p[index + i] = x[i] for from <= i < to.
template <bool CAPPED>
__device__ __forceinline__ void store8(void* p, int type, long long index, int from, int to, const float (&x)[8])
{
    bool whole = from == 0 && to == 8;
    if (type == FLOAT32)
    {
        float* a = (float*)p + index;
        if (whole && isAligned(a, 16))
        {
            ((float4*)a)[0] = make_float4(x[0], x[1], x[2], x[3]);
            ((float4*)a)[1] = make_float4(x[4], x[5], x[6], x[7]);
            return;
        }

#pragma unroll
        for (int i = 0; i < 8; i++)
            if (i >= from && i < to) a[i] = x[i];
        return;
    }

    unsigned short* a = (unsigned short*)p + index;
    if (whole && isAligned(a, 16))
    {
        *(uint4*)a = make_uint4(
            toBitPair<CAPPED>(type, x[0], x[1]), toBitPair<CAPPED>(type, x[2], x[3]), toBitPair<CAPPED>(type, x[4], x[5]), toBitPair<CAPPED>(type, x[6], x[7]));
        return;
    }

#pragma unroll
    for (int i = 0; i < 8; i++)
        if (i >= from && i < to) a[i] = (unsigned short)toBits<CAPPED>(type, x[i]);
}

__device__ __forceinline__ float load1(const void* p, int type, long long index)
{
    return type == FLOAT32 ? ((const float*)p)[index] : fromBits(type, ((const unsigned short*)p)[index]);
}

// Activations: infinities and NaN stay.
__device__ __forceinline__ void store1(void* p, int type, long long index, float x)
{
    if (type == FLOAT32) ((float*)p)[index] = x;
    else ((unsigned short*)p)[index] = (unsigned short)toBits<false>(type, x);
}

// x[i] = p[index + i] for i < count, 0 elsewhere.
__device__ __forceinline__ void load4(const void* p, int type, long long index, int count, float (&x)[4])
{
    const char* a = (const char*)p + index * bytesOf(type);
    if (count >= 4 && type == FLOAT32 && isAligned(a, 16))
    {
        float4 v = *(const float4*)a;
        x[0] = v.x, x[1] = v.y, x[2] = v.z, x[3] = v.w;
        return;
    }

    if (count >= 4 && type != FLOAT32 && isAligned(a, 8))
    {
        uint2 w = *(const uint2*)a;
        x[0] = fromBits(type, w.x & 0xFFFFu), x[1] = fromBits(type, w.x >> 16);
        x[2] = fromBits(type, w.y & 0xFFFFu), x[3] = fromBits(type, w.y >> 16);
        return;
    }

#pragma unroll
    for (int i = 0; i < 4; i++) x[i] = i < count ? load1(p, type, index + i) : 0.0f;
}

// p[index + i] = x[i] for i < count. Activations: infinities and NaN stay.
__device__ __forceinline__ void store4(void* p, int type, long long index, int count, const float (&x)[4])
{
    char* a = (char*)p + index * bytesOf(type);
    if (count >= 4 && type == FLOAT32 && isAligned(a, 16))
    {
        *(float4*)a = make_float4(x[0], x[1], x[2], x[3]);
        return;
    }

    if (count >= 4 && type != FLOAT32 && isAligned(a, 8))
    {
        *(uint2*)a = make_uint2(toBitPair<false>(type, x[0], x[1]), toBitPair<false>(type, x[2], x[3]));
        return;
    }

#pragma unroll
    for (int i = 0; i < 4; i++)
        if (i < count) store1(p, type, index + i, x[i]);
}

// This thread's number in the grid, and how many there are.
__device__ __forceinline__ long long threadNumber()
{
    return (long long)blockIdx.x * blockDim.x + threadIdx.x;
}

__device__ __forceinline__ long long threadCount()
{
    return (long long)gridDim.x * blockDim.x;
}

// a div b and the remainder, for numbers that are not negative. A 64-bit division is some hundred instructions.
__device__ __forceinline__ long long divide(long long a, long long b, long long& remainder)
{
    if (((unsigned long long)(a | b) >> 32) == 0)
    {
        unsigned quotient = (unsigned)a / (unsigned)b;
        remainder = (unsigned)a - quotient * (unsigned)b;
        return quotient;
    }

    long long quotient = a / b;
    remainder = a - quotient * b;
    return quotient;
}

// Eight or four neighbouring numbers of an array in any format, in registers. Whole runs at aligned addresses move by 16 or 8 bytes at a
// time, all others number by number.
#pragma once

#include "formats.cuh"

__device__ __forceinline__ bool isAligned(const void* p, int bytes)
{
    return ((unsigned long long)p & (unsigned long long)(bytes - 1)) == 0;
}

__device__ __forceinline__ float load1(const void* p, int type, long long index)
{
    return type == FLOAT32 ? ((const float*)p)[index] : fromBits(type, ((const unsigned short*)p)[index]);
}

// The format is the same for all threads, so it is asked for once and not for each number.
template <int TYPE>
__device__ __forceinline__ void fromPairs(uint4 w, float (&x)[8])
{
    x[0] = fromBits(TYPE, w.x & 0xFFFFu), x[1] = fromBits(TYPE, w.x >> 16);
    x[2] = fromBits(TYPE, w.y & 0xFFFFu), x[3] = fromBits(TYPE, w.y >> 16);
    x[4] = fromBits(TYPE, w.z & 0xFFFFu), x[5] = fromBits(TYPE, w.z >> 16);
    x[6] = fromBits(TYPE, w.w & 0xFFFFu), x[7] = fromBits(TYPE, w.w >> 16);
}

// x[i] = p[index + i], at an address that is a multiple of 16.
__device__ __forceinline__ void loadWhole8(const void* p, int type, long long index, float (&x)[8])
{
    if (type == FLOAT32)
    {
        const float4* a = (const float4*)((const float*)p + index);
        float4 low = a[0];
        float4 high = a[1];
        x[0] = low.x, x[1] = low.y, x[2] = low.z, x[3] = low.w;
        x[4] = high.x, x[5] = high.y, x[6] = high.z, x[7] = high.w;
        return;
    }

    uint4 w = *(const uint4*)((const unsigned short*)p + index);
    if (type == BFLOAT16) fromPairs<BFLOAT16>(w, x);
    else fromPairs<FLOAT16>(w, x);
}

// x[i] = p[index + i] for from <= i < to, 0 elsewhere.
__device__ __forceinline__ void load8(const void* p, int type, long long index, int from, int to, float (&x)[8])
{
    if (from == 0 && to == 8 && isAligned((const char*)p + index * bytesOf(type), 16))
    {
        loadWhole8(p, type, index, x);
        return;
    }

#pragma unroll
    for (int i = 0; i < 8; i++) x[i] = i >= from && i < to ? load1(p, type, index + i) : 0.0f;
}

template <int TYPE, bool CAPPED>
__device__ __forceinline__ void storePairs(void* p, const float (&x)[8])
{
    store16(p, toBitPair<TYPE, CAPPED>(x[0], x[1]), toBitPair<TYPE, CAPPED>(x[2], x[3]), toBitPair<TYPE, CAPPED>(x[4], x[5]), toBitPair<TYPE, CAPPED>(x[6], x[7]));
}

__device__ __forceinline__ void storeFloats(float* p, float a, float b, float c, float d)
{
    store16(p, __float_as_uint(a), __float_as_uint(b), __float_as_uint(c), __float_as_uint(d));
}

// p[index + i] = x[i], at an address that is a multiple of 16.
template <bool CAPPED>
__device__ __forceinline__ void storeWhole8(void* p, int type, long long index, const float (&x)[8])
{
    if (type == FLOAT32)
    {
        float* a = (float*)p + index;
        storeFloats(a, x[0], x[1], x[2], x[3]);
        storeFloats(a + 4, x[4], x[5], x[6], x[7]);
    }
    else if (type == BFLOAT16)
    {
        storePairs<BFLOAT16, CAPPED>((unsigned short*)p + index, x);
    }
    else
    {
        storePairs<FLOAT16, CAPPED>((unsigned short*)p + index, x);
    }
}

// p[index + i] = x[i] for from <= i < to.
template <bool CAPPED>
__device__ __forceinline__ void store8(void* p, int type, long long index, int from, int to, const float (&x)[8])
{
    if (from == 0 && to == 8 && isAligned((char*)p + index * bytesOf(type), 16))
    {
        storeWhole8<CAPPED>(p, type, index, x);
        return;
    }

#pragma unroll
    for (int i = 0; i < 8; i++)
    {
        if (i < from || i >= to) continue;
        if (type == FLOAT32) ((float*)p)[index + i] = x[i];
        else ((unsigned short*)p)[index + i] = (unsigned short)toBits<CAPPED>(type, x[i]);
    }
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
        storeFloats((float*)a, x[0], x[1], x[2], x[3]);
        return;
    }

    if (count >= 4 && type != FLOAT32 && isAligned(a, 8))
    {
        *(uint2*)a = type == BFLOAT16
            ? make_uint2(toBitPair<BFLOAT16, false>(x[0], x[1]), toBitPair<BFLOAT16, false>(x[2], x[3]))
            : make_uint2(toBitPair<FLOAT16, false>(x[0], x[1]), toBitPair<FLOAT16, false>(x[2], x[3]));
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

// The weights digest: a sum mod 2¹²⁸ of one Philox block for each 8 bytes.
//
// Limit: 60 issue slots for 8 bytes are about as long as an H100's memory takes for them.
#include "groups.cuh"
#include "philox.cuh"

// low, high += the term of the word v at position i of a tensor.
__device__ __forceinline__ void addTerm(unsigned long long& low, unsigned long long& high, unsigned long long v, unsigned long long i, unsigned tensorNumber)
{
    uint4 w = philox(0x5A4F4447u, tensorNumber, (unsigned)v, (unsigned)(v >> 32), (unsigned)i, (unsigned)(i >> 32));
    unsigned long long term = (unsigned long long)w.y << 32 | w.x;
    low += term;
    high += ((unsigned long long)w.w << 32 | w.z) + (low < term);
}

// partials[2b], partials[2b + 1] = low and high half of block b's part of the sum; bytes[0] is the first of word firstWord. At most 1024
// threads a block, a multiple of 32.
extern "C" __global__ void digest(
    const unsigned char* bytes, long long count, unsigned tensorNumber, unsigned long long firstWord, unsigned long long* partials)
{
    unsigned long long low = 0, high = 0;
    bool aligned = isAligned(bytes, 8);
    long long words = (count + 7) / 8;
    for (long long i = threadNumber(); i < words; i += threadCount())
    {
        unsigned long long v = 0;
        if (aligned && 8 * i + 8 <= count) v = ((const unsigned long long*)bytes)[i];
        else
            for (long long at = 8 * i; at < min(8 * i + 8, count); at++) v |= (unsigned long long)bytes[at] << (8 * (at & 7));
        addTerm(low, high, v, firstWord + (unsigned long long)i, tensorNumber);
    }

    __shared__ unsigned long long parts[2][32];
    for (int distance = 16; distance > 0; distance /= 2)
    {
        unsigned long long otherLow = __shfl_xor_sync(0xFFFFFFFFu, low, distance);
        unsigned long long otherHigh = __shfl_xor_sync(0xFFFFFFFFu, high, distance);
        low += otherLow;
        high += otherHigh + (low < otherLow);
    }

    if ((threadIdx.x & 31) == 0) parts[0][threadIdx.x >> 5] = low, parts[1][threadIdx.x >> 5] = high;
    __syncthreads();
    if (threadIdx.x != 0) return;
    for (int w = 1; w < (int)(blockDim.x >> 5); w++)
    {
        low += parts[0][w];
        high += parts[1][w] + (low < parts[0][w]);
    }

    partials[2 * blockIdx.x] = low;
    partials[2 * blockIdx.x + 1] = high;
}

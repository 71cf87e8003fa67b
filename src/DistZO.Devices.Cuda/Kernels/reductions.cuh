// Sums over a block of threads, in an order that only the number of threads decides.
#pragma once

// The sum over all threads of the block, the same for each: a tree over the lanes of a warp, then the warps one after the other. parts: 32
// numbers of shared memory. The number of threads is a multiple of 32.
__device__ __forceinline__ float blockSum(float x, float* parts)
{
    for (int distance = 16; distance > 0; distance /= 2) x = __fadd_rn(x, __shfl_xor_sync(0xFFFFFFFFu, x, distance));
    __syncthreads();
    if ((threadIdx.x & 31) == 0) parts[threadIdx.x >> 5] = x;
    __syncthreads();
    float sum = parts[0];
    for (int w = 1; w < (int)(blockDim.x >> 5); w++) sum = __fadd_rn(sum, parts[w]);
    return sum;
}

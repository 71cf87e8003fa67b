// Folding commits into eight elements that are in registers (FoldReference).
#pragma once

#include "formats.cuh"
#include "philox.cuh"

template <int TYPE>
__device__ __forceinline__ void roundAtRandom(float (&x)[8], uint4 r)
{
    x[0] = roundAtRandom(TYPE, x[0], r.x & 0xFFFFu);
    x[1] = roundAtRandom(TYPE, x[1], r.x >> 16);
    x[2] = roundAtRandom(TYPE, x[2], r.y & 0xFFFFu);
    x[3] = roundAtRandom(TYPE, x[3], r.y >> 16);
    x[4] = roundAtRandom(TYPE, x[4], r.z & 0xFFFFu);
    x[5] = roundAtRandom(TYPE, x[5], r.z >> 16);
    x[6] = roundAtRandom(TYPE, x[6], r.w & 0xFFFFu);
    x[7] = roundAtRandom(TYPE, x[7], r.w >> 16);
}

// The store of a commit: what float32 holds of it afterwards.
__device__ __forceinline__ void roundStore(float (&x)[8], int type, unsigned long long seed, unsigned ordinal, unsigned long long group)
{
    if (type == FLOAT32)
    {
#pragma unroll
        for (int i = 0; i < 8; i++) x[i] = capped(x[i]);
        return;
    }

    uint4 r = philox(seed, group, ordinal, ROUNDING_STREAM);
    if (type == BFLOAT16) roundAtRandom<BFLOAT16>(x, r);
    else roundAtRandom<FLOAT16>(x, r);
}

__device__ __forceinline__ void decay8(float (&x)[8], float decay)
{
#pragma unroll
    for (int i = 0; i < 8; i++) x[i] = __fmul_rn(x[i], decay);
}

__device__ __forceinline__ void addDirection(float (&x)[8], const Direction& direction, unsigned ordinal, unsigned long long group)
{
    float z[8];
    gaussian8(direction.seed, ordinal, group, z);
#pragma unroll
    for (int i = 0; i < 8; i++) x[i] = __fmaf_rn(direction.coefficient, z[i], x[i]);
}

// All pending commits in order, each with its own store, of the elements 8·group, 8·group + 1, …
__device__ __forceinline__ void applyUpdates(
    float (&x)[8], int type, unsigned ordinal, int decays, unsigned long long group, const Update* updates, int updateCount, const Direction* directions)
{
    for (int u = 0; u < updateCount; u++)
    {
        Update update = updates[u];
        if (update.count == 0) continue;
        if (decays) decay8(x, update.decay);
        for (int d = 0; d < update.count; d++)
        {
            Direction direction = directions[update.first + d];
            addDirection(x, direction, ordinal, group);
        }

        roundStore(x, type, directions[update.first].seed, ordinal, group);
    }
}

// Weights as probes see them.
#pragma once

#include "groups.cuh"
#include "philox.cuh"

// z of eight elements, made again only for another seed: both signs of a direction share it.
struct SharedGaussian
{
    float z[8];
    unsigned long long seed;
    bool isMade;

    __device__ __forceinline__ SharedGaussian()
    {
        seed = 0;
        isMade = false;
#pragma unroll
        for (int i = 0; i < 8; i++) z[i] = 0.0f;
    }

    // v = what a probe sees of x: the elements 8·group, 8·group + 1, …
    __device__ __forceinline__ void view(Probe probe, int trainable, unsigned ordinal, unsigned long long group, const float (&x)[8], float (&v)[8])
    {
        bool perturbed = probe.perturbed && trainable;
        if (perturbed && !(isMade && seed == probe.seed))
        {
            gaussian8(probe.seed, ordinal, group, z);
            seed = probe.seed;
            isMade = true;
        }

#pragma unroll
        for (int i = 0; i < 8; i++) v[i] = perturbed ? __fmaf_rn(probe.scale, z[i], x[i]) : x[i];
    }
};

// Rows of a tensor in groups of eight that are aligned to its flat index, the first and the last of a row perhaps not whole.
struct RowGroups
{
    long long perRow;

    __device__ __forceinline__ RowGroups(long long start, long long stride, long long length)
    {
        // A row that begins inside of a group may touch one more.
        perRow = (length + 7) / 8 + (((start | stride) & 7) != 0);
    }
};

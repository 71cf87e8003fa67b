// What probes see of a matrix, of a vector, and of rows of a table. Each makes z in registers and never stores it.
//
// Limit: for both signs of a direction in a 16-bit format some 415 instructions for eight elements, 270 of them for z, as NVRTC 11.8 compiles it for
// an H100. At 128 lanes a clock an H100 so makes some 0.57·10¹² elements a second; reading 2 bytes and writing 2 · 2 takes 0.56·10¹² a second of its
// memory's 3.35 TB/s: both limits are as near as can be.
#include "probes.cuh"
#include "transfer.cuh"
#include "updates.cuh"

// Whether all probes see the weights moved along the same z.
__device__ __forceinline__ bool haveOneSeed(const Probe* probes, int count, int trainable)
{
    bool have = trainable && count > 0;
    for (int p = 0; p < count; p++) have = have && probes[p].perturbed && probes[p].seed == probes[0].seed;
    return have;
}

// theta: a tensor of `length` elements, folded, which the probes see as `rounding` says.
// out[p·outStride + r·rowLength + c] = what probe p sees of element start + r·rowStride + c, for rows r and c < rowLength.
extern "C" __global__ void perturb(
    const void* theta, int type, int rounding, long long length, unsigned ordinal, int trainable, long long start, int rowCount, int rowLength, long long rowStride,
    const Probe* probes, int probeCount, void* out, int outType, long long outStride)
{
    // Most matrices are one run of whole groups, which are read and written at once, seen by probes of one z.
    if (rowCount == 1 && rounding == AS_HELD && ((start | rowLength | outStride) & 7) == 0 && isAligned(theta, 16) && isAligned(out, 16)
        && haveOneSeed(probes, probeCount, trainable))
    {
        unsigned long long seed = probes[0].seed;
        for (long long at = threadNumber() << 3; at < rowLength; at += threadCount() << 3)
        {
            float x[8], z[8], v[8];
            loadWhole8(theta, type, start + at, x);
            gaussian8(seed, ordinal, (unsigned long long)(start + at) >> 3, z);
            for (int p = 0; p < probeCount; p++)
            {
                float scale = probes[p].scale;
#pragma unroll
                for (int i = 0; i < 8; i++) v[i] = __fmaf_rn(scale, z[i], x[i]);
                storeWhole8<true>(out, outType, p * outStride + at, v);
            }
        }

        return;
    }

    RowGroups groups(start, rowCount > 1 ? rowStride : 0, rowLength);
    long long total = groups.perRow * rowCount;
    for (long long n = threadNumber(); n < total; n += threadCount())
    {
        long long place = n;
        long long row = rowCount > 1 ? divide(n, groups.perRow, place) : 0;
        long long first = start + row * rowStride;
        long long index = ((first >> 3) + place) << 3;
        int from = (int)max(first - index, 0LL);
        int to = (int)min(first + rowLength - index, 8LL);
        if (from >= to) continue;
        float x[8], v[8];
        loadRounded8(theta, type, rounding, length, index, from, to, x);
        SharedGaussian gaussian;
        for (int p = 0; p < probeCount; p++)
        {
            gaussian.view(probes[p], trainable, ordinal, (unsigned long long)index >> 3, x, v);
            store8<true>(out, outType, p * outStride + row * rowLength + (index - first), from, to, v);
        }
    }
}

// Folds a vector, stores it, and writes out[p·count + i] = what probe p sees of element i.
extern "C" __global__ void view(
    void* theta, int type, unsigned ordinal, int decays, int trainable, int count, const Update* updates, int updateCount, const Direction* directions,
    const Probe* probes, int probeCount, float* out)
{
    for (long long index = threadNumber() << 3; index < count; index += threadCount() << 3)
    {
        unsigned long long group = (unsigned long long)index >> 3;
        int to = (int)min(count - index, 8LL);
        float x[8], v[8];
        load8(theta, type, index, 0, to, x);
        if (updateCount > 0)
        {
            applyUpdates(x, type, ordinal, decays, group, updates, updateCount, directions);
            store8<true>(theta, type, index, 0, to, x);
        }

        SharedGaussian gaussian;
        for (int p = 0; p < probeCount; p++)
        {
            gaussian.view(probes[p], trainable, ordinal, group, x, v);
            store8<true>(out, FLOAT32, (long long)p * count + index, 0, to, v);
        }
    }
}

// y[p][t][c] = what probe p sees of row rows[t] after the pending commits, or is increased by it; the table, of `length` elements, stays as it is.
// A table that is rounded lacks no commits.
extern "C" __global__ void lookup(
    const void* table, int type, int rounding, long long length, unsigned ordinal, int decays, int trainable, int columns, const int* rows, int rowCount, const Probe* probes, int probeCount,
    const Update* updates, int updateCount, const Direction* directions, void* y, int yType, int accumulate)
{
    RowGroups groups(0, columns, columns);
    long long total = groups.perRow * rowCount;
    for (long long n = threadNumber(); n < total; n += threadCount())
    {
        long long place;
        long long token = divide(n, groups.perRow, place);
        long long first = (long long)rows[token] * columns;
        long long index = ((first >> 3) + place) << 3;
        int from = (int)max(first - index, 0LL);
        int to = (int)min(first + columns - index, 8LL);
        if (from >= to) continue;
        unsigned long long group = (unsigned long long)index >> 3;
        float x[8], v[8];
        loadRounded8(table, type, rounding, length, index, from, to, x);
        applyUpdates(x, type, ordinal, decays, group, updates, updateCount, directions);
        SharedGaussian gaussian;
        for (int p = 0; p < probeCount; p++)
        {
            long long at = ((long long)p * rowCount + token) * columns + (index - first);
            gaussian.view(probes[p], trainable, ordinal, group, x, v);
            if (accumulate)
            {
                float old[8];
                load8(y, yType, at, from, to, old);
#pragma unroll
                for (int i = 0; i < 8; i++) v[i] = __fadd_rn(old[i], v[i]);
            }

            store8<false>(y, yType, at, from, to, v);
        }
    }
}

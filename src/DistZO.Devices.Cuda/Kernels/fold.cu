// Folding pending commits into stored weights: reads and overwrites each weight once, whatever the number of commits.
//
// Limit: for one commit of one direction in float16 some 600 instructions for eight elements (280 for z, 170 for stochastic rounding; bfloat16: 550),
// as NVRTC 11.8 compiles it for an H100. At 128 lanes a clock that is 0.4·10¹² elements a second, while its memory moves 0.8·10¹² 16-bit weights in
// and out: instructions bind.
#include "groups.cuh"
#include "updates.cuh"

// Elements [start, start + count) of a tensor. theta is the place of its element 0, which may lie before the memory.
extern "C" __global__ void fold(
    void* theta, int type, unsigned ordinal, int decays, long long start, long long count, const Update* updates, int updateCount, const Direction* directions)
{
    long long end = start + count;
    for (long long group = (start >> 3) + threadNumber(); group << 3 < end; group += threadCount())
    {
        long long index = group << 3;
        int from = (int)max(start - index, 0LL);
        int to = (int)min(end - index, 8LL);
        float x[8];
        load8(theta, type, index, from, to, x);
        applyUpdates(x, type, ordinal, decays, (unsigned long long)group, updates, updateCount, directions);
        store8<true>(theta, type, index, from, to, x);
    }
}

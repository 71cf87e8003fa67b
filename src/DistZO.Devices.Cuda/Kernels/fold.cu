// Folding pending commits into stored weights: reads and overwrites each weight once, whatever the number of commits.
//
// Limit: a direction costs about 35 issue slots an element (two multiplications of 64 bits and two xors a round of Philox, for 4 elements;
// some 20 operations of Box and Muller's), stochastic rounding 8 more. On an H100 that is about 0.7·10¹² elements a second and direction,
// while its memory moves 0.8·10¹² 16-bit or 0.4·10¹² 32-bit weights in and out: one commit of one direction is at the edge of both, and
// more are bound by integer operations. (Counted from the instructions, not measured.)
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

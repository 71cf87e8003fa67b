// Folding pending commits into stored weights: reads and overwrites each weight once, whatever the number of commits.
//
// Limit: for one commit of one direction in float16 some 495 instructions for eight elements (270 for z, 145 for stochastic rounding; bfloat16: 440),
// as NVRTC 11.8 compiles it for an H100. At 128 lanes a clock that is 0.48·10¹² elements a second, while its memory moves 0.84·10¹² 16-bit weights in
// and out: instructions bind.
#include "groups.cuh"
#include "updates.cuh"

// Elements [start, start + count) of a tensor. theta is the place of its element 0, which may lie before the memory.
extern "C" __global__ void fold(
    void* theta, int type, unsigned ordinal, int decays, long long start, long long count, const Update* updates, int updateCount, const Direction* directions)
{
    long long end = start + count;
    // Most often there is one commit of one direction, and all groups are whole.
    if (updateCount == 1 && updates[0].count == 1 && ((start | count) & 7) == 0 && isAligned(theta, 16))
    {
        float decay = updates[0].decay;
        Direction direction = directions[updates[0].first];
        for (long long index = start + (threadNumber() << 3); index < end; index += threadCount() << 3)
        {
            unsigned long long group = (unsigned long long)index >> 3;
            float x[8];
            loadWhole8(theta, type, index, x);
            if (decays) decay8(x, decay);
            addDirection(x, direction, ordinal, group);
            roundStore(x, type, direction.seed, ordinal, group);
            storeWhole8<true>(theta, type, index, x);
        }

        return;
    }

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

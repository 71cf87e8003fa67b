// The end of a linear layer that the matrix product did not do; also conversion and Device.Combine.
//
// Limit: memory; SiLU and GELU are some 30 issue slots an element, as long as an H100's memory takes for 8 bytes.
#include "activations.cuh"
#include "groups.cuh"

// y = merge(y, activation(v·scale + bias[p][f])), the values of Activation and Merge; bias may be null, y may be v.
extern "C" __global__ void finish(
    const void* v, int vType, float scale, const float* bias, void* y, int yType, int activation, int merge, int features, int tokens, int probes)
{
    long long probeLength = (long long)features * tokens;
    long long total = probeLength * probes;
    for (long long index = threadNumber() << 2; index < total; index += threadCount() << 2)
    {
        int count = (int)min(total - index, 4LL);
        float x[4], old[4];
        load4(v, vType, index, count, x);
        if (merge != 0) load4(y, yType, index, count, old);
        long long feature = 0, place = 0, probe = 0;
        if (bias)
        {
            probe = divide(index, probeLength, place);
            divide(place, features, feature);
        }

#pragma unroll
        for (int i = 0; i < 4; i++)
        {
            float r = __fmul_rn(x[i], scale);
            if (bias && i < count)
            {
                r = __fadd_rn(r, bias[probe * features + feature]);
                // The next element may begin a row, and a row a probe.
                if (++feature == features)
                {
                    feature = 0;
                    place = (place / features + 1) * features;
                    if (place == probeLength) place = 0, probe++;
                }
            }

            r = activate(activation, r);
            x[i] = merge == 1 ? __fadd_rn(old[i], r) : merge == 2 ? __fmul_rn(old[i], r) : r;
        }

        store4(y, yType, index, count, x);
    }
}

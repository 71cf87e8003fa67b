// Softmax over a vocabulary whose logits come in parts. Limit: memory; an element costs about 20 issue slots beside its 4 bytes.
#include "activations.cuh"
#include "groups.cuh"

// A maximum and the sum of exp(logit − maximum), of no logits: (−∞, 0).
struct Softmax
{
    float maximum;
    float sum;
};

__device__ __forceinline__ float negativeInfinity()
{
    return __int_as_float(0xFF800000);
}

// exp(x − maximum), for a maximum of nothing too.
__device__ __forceinline__ float weight(float x, float maximum)
{
    return x == negativeInfinity() ? 0.0f : exponential(__fsub_rn(x, maximum));
}

// The larger; a NaN wins over nothing, and shows in the sum.
__device__ __forceinline__ float larger(float a, float b)
{
    return b > a ? b : a;
}

__device__ __forceinline__ Softmax join(const Softmax& a, const Softmax& b)
{
    Softmax both;
    both.maximum = larger(a.maximum, b.maximum);
    both.sum = __fadd_rn(__fmul_rn(a.sum, weight(a.maximum, both.maximum)), __fmul_rn(b.sum, weight(b.maximum, both.maximum)));
    return both;
}

// maxima[p][r], sums[p][r] over the logits [probe][row][columns], together with those of earlier parts unless `first`. Grid: (rows, probes);
// the threads of a block are a multiple of 32; a tree over lanes and then the warps in order.
extern "C" __global__ void vocabulary(const float* logits, int rows, int columns, float* maxima, float* sums, int first, int probes)
{
    __shared__ Softmax parts[32];
    long long place = (long long)blockIdx.y * rows + blockIdx.x;
    logits += place * columns;
    Softmax own = { negativeInfinity(), 0.0f };
    for (int c = threadIdx.x * 4; c < columns; c += blockDim.x * 4)
    {
        float v[4];
        load4(logits, FLOAT32, c, columns - c, v);
#pragma unroll
        for (int i = 1; i < 4; i++)
            if (c + i >= columns) v[i] = negativeInfinity();
        float maximum = larger(own.maximum, larger(larger(v[0], v[1]), larger(v[2], v[3])));
        float sum = __fmul_rn(own.sum, weight(own.maximum, maximum));
#pragma unroll
        for (int i = 0; i < 4; i++) sum = __fadd_rn(sum, weight(v[i], maximum));
        own.maximum = maximum;
        own.sum = sum;
    }

    for (int distance = 16; distance > 0; distance /= 2)
    {
        Softmax other;
        other.maximum = __shfl_down_sync(0xFFFFFFFFu, own.maximum, distance);
        other.sum = __shfl_down_sync(0xFFFFFFFFu, own.sum, distance);
        own = join(own, other);
    }

    if ((threadIdx.x & 31) == 0) parts[threadIdx.x >> 5] = own;
    __syncthreads();
    if (threadIdx.x != 0) return;
    for (int w = 1; w < (int)(blockDim.x >> 5); w++) own = join(own, parts[w]);
    if (!first)
    {
        Softmax earlier = { maxima[place], sums[place] };
        own = join(earlier, own);
    }

    maxima[place] = own.maximum;
    sums[place] = own.sum;
}

// picked[p·targets + i] = the logit of token targetTokens[i] at row targetRows[i], where it is one of these columns; else it stays.
extern "C" __global__ void pick(
    const float* logits, int rows, int columns, int firstColumn, const int* targetRows, const int* targetTokens, int targets, float* picked, int probes)
{
    long long total = (long long)targets * probes;
    for (long long n = threadNumber(); n < total; n += threadCount())
    {
        long long target;
        long long probe = divide(n, targets, target);
        int column = targetTokens[target] - firstColumn;
        if (column >= 0 && column < columns) picked[n] = logits[(probe * rows + targetRows[target]) * columns + column];
    }
}

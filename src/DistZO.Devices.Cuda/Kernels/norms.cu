// Normalizations, a block of threads a row. A row is read from memory once and then from the cache; y may be x of the same format.
//
// Limit: memory, and for rows of few features the latency of the reductions.
#include "groups.cuh"
#include "reductions.cuh"

// y = v·scale + shift of one row's four features from f on; scale and shift may be null.
__device__ __forceinline__ void storeScaled(float (&v)[4], const float* scale, const float* shift, void* y, int yType, long long row, int f, int count)
{
    float a[4], b[4];
    if (scale) load4(scale, FLOAT32, f, count, a);
    if (shift) load4(shift, FLOAT32, f, count, b);
#pragma unroll
    for (int i = 0; i < 4; i++)
    {
        if (scale) v[i] = __fmul_rn(v[i], a[i]);
        if (shift) v[i] = __fadd_rn(v[i], b[i]);
    }

    store4(y, yType, row + f, count, v);
}

// y = (x − mean)/√(var + epsilon)·scale + shift over all features. Grid: (tokens, probes).
extern "C" __global__ void layer_norm(
    const void* x, int xType, void* y, int yType, const float* scale, const float* shift, int features, int tokens, int probes, float epsilon)
{
    __shared__ float parts[32];
    long long row = ((long long)blockIdx.y * tokens + blockIdx.x) * features;
    int first = threadIdx.x * 4, step = blockDim.x * 4;
    float v[4];
    float sum = 0.0f;
    for (int f = first; f < features; f += step)
    {
        load4(x, xType, row + f, features - f, v);
        sum = __fadd_rn(sum, __fadd_rn(__fadd_rn(v[0], v[1]), __fadd_rn(v[2], v[3])));
    }

    float mean = __fdiv_rn(blockSum(sum, parts), (float)features);
    float squares = 0.0f;
    for (int f = first; f < features; f += step)
    {
        load4(x, xType, row + f, features - f, v);
#pragma unroll
        for (int i = 0; i < 4; i++)
        {
            float d = f + i < features ? __fsub_rn(v[i], mean) : 0.0f;
            squares = __fmaf_rn(d, d, squares);
        }
    }

    float inverse = __fdiv_rn(1.0f, __fsqrt_rn(__fadd_rn(__fdiv_rn(blockSum(squares, parts), (float)features), epsilon)));
    if (scale) scale += (long long)blockIdx.y * features;
    if (shift) shift += (long long)blockIdx.y * features;
    for (int f = first; f < features; f += step)
    {
        load4(x, xType, row + f, features - f, v);
#pragma unroll
        for (int i = 0; i < 4; i++) v[i] = __fmul_rn(__fsub_rn(v[i], mean), inverse);
        storeScaled(v, scale, shift, y, yType, row, f, features - f);
    }
}

// y = x/√(mean(x²) + epsilon)·scale over each run of `width` features. Grid: (tokens · features/width, probes).
extern "C" __global__ void rms_norm(
    const void* x, int xType, void* y, int yType, const float* scale, int width, int features, int tokens, int probes, float epsilon)
{
    __shared__ float parts[32];
    long long row = (long long)blockIdx.y * tokens * features + (long long)blockIdx.x * width;
    int first = threadIdx.x * 4, step = blockDim.x * 4;
    float v[4];
    float squares = 0.0f;
    for (int f = first; f < width; f += step)
    {
        load4(x, xType, row + f, width - f, v);
#pragma unroll
        for (int i = 0; i < 4; i++) squares = __fmaf_rn(v[i], v[i], squares);
    }

    float inverse = __fdiv_rn(1.0f, __fsqrt_rn(__fadd_rn(__fdiv_rn(blockSum(squares, parts), (float)width), epsilon)));
    scale += (long long)blockIdx.y * width;
    for (int f = first; f < width; f += step)
    {
        load4(x, xType, row + f, width - f, v);
#pragma unroll
        for (int i = 0; i < 4; i++) v[i] = __fmul_rn(v[i], inverse);
        storeScaled(v, scale, nullptr, y, yType, row, f, width - f);
    }
}

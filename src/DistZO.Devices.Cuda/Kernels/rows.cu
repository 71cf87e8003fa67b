// Rows of activations that turn or change places. Limit: memory.
#include "groups.cuh"

// Rotary positions, in place: of each run of 2·half features, feature i and feature i + half turn by the token's angle i.
// angles: [probe][token][2·half], cosines then sines.
extern "C" __global__ void rotate(void* x, int xType, const float* angles, int half, int features, int tokens, int probes)
{
    long long pairs = features / 2;
    long long total = pairs * tokens * probes;
    for (long long n = threadNumber(); n < total; n += threadCount())
    {
        long long pair, i;
        long long row = divide(n, pairs, pair);
        long long head = divide(pair, half, i);
        long long at = row * features + head * 2 * half + i;
        const float* angle = angles + row * 2 * half + i;
        float a = load1(x, xType, at);
        float b = load1(x, xType, at + half);
        float cosine = angle[0], sine = angle[half];
        store1(x, xType, at, __fmaf_rn(a, cosine, -__fmul_rn(b, sine)));
        store1(x, xType, at + half, __fmaf_rn(b, cosine, __fmul_rn(a, sine)));
    }
}

// y[p][yRows ? yRows[i] : i][f] = x[xTokens ? p : 0][xRows ? xRows[i] : i][xFirst + f] for i < rows, f < features: gathers, scatters, and
// gives all probes what one has.
extern "C" __global__ void copy_rows(
    const void* x, int xType, int xFeatures, int xFirst, int xTokens, const int* xRows, void* y, int yType, int yFeatures, int yTokens, const int* yRows,
    int features, int rows, int probes)
{
    long long perRow = ((long long)features + 3) / 4;
    long long perProbe = perRow * rows;
    long long total = perProbe * probes;
    for (long long n = threadNumber(); n < total; n += threadCount())
    {
        long long place, quarter;
        long long probe = divide(n, perProbe, place);
        long long i = divide(place, perRow, quarter);
        long long from = (xTokens ? probe * xTokens : 0) + (xRows ? xRows[i] : i);
        long long to = probe * yTokens + (yRows ? yRows[i] : i);
        int count = (int)min(features - quarter * 4, 4LL);
        float v[4];
        load4(x, xType, from * xFeatures + xFirst + quarter * 4, count, v);
        store4(y, yType, to * yFeatures + quarter * 4, count, v);
    }
}

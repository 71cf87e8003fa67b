// softmax(scale·q·kᵀ)·v on matrix units, for binary16 and bfloat16 (Dao, "FlashAttention-2", 2023): a block takes 64 queries of one head
// through its keys, 64 at a time, each warp 16 queries; scores, maxima, sums and y stay in float32 registers, weights are rounded to the
// format. Values travel to shared memory while scores are computed, and the next keys while values are summed.
//
// Limit: matrix units, at the rate of mma.sync; for short sequences the latency of the first loads.
#include "attention.cuh"
#include "groups.cuh"

#if __CUDA_ARCH__ >= 800

// Queries and keys a tile. A row in shared memory is padded by 16 bytes, so that the eight rows of a small tile lie in different banks.
enum { MMA_TILE = 64, MMA_THREADS = 128 };

// Keys or values of a tile: rows of width + 8 numbers, zero where there is no key.
template <bool BRAIN>
__device__ __forceinline__ void loadTile(
    unsigned short* tile, const unsigned short* x, long long probeRow, int rowLength, int column, int width, const KeyRange& keys, int first, int end, bool aligned)
{
    int pieces = width / 8;
    for (int n = threadIdx.x; n < MMA_TILE * pieces; n += MMA_THREADS)
    {
        int key = n / pieces, f = n % pieces * 8;
        bool exists = first + key < end;
        unsigned short* to = tile + key * (width + 8) + f;
        const unsigned short* from = x + (exists ? (probeRow + keys.row(first + key)) * rowLength + column + f : 0);
        if (aligned) copyLater(to, from, exists);
        else
            for (int i = 0; i < 8; i++) to[i] = exists ? from[i] : 0;
    }
}

// Two neighbouring numbers of a query, 0 beyond the last query or feature.
__device__ __forceinline__ unsigned loadQueryPair(const unsigned short* q, long long at, bool exists)
{
    return exists ? (unsigned)q[at] | (unsigned)q[at + 1] << 16 : 0u;
}

// Two neighbouring numbers of y, at an even index.
__device__ __forceinline__ void storePair(void* y, int type, long long index, float a, float b)
{
    if (type == FLOAT32) *(float2*)((float*)y + index) = make_float2(a, b);
    else *(unsigned*)((unsigned short*)y + index) = type == BFLOAT16 ? toBitPair<BFLOAT16, false>(a, b) : toBitPair<FLOAT16, false>(a, b);
}

// STEPS · 16 is the width, or if it is not EXACT the largest one. scale is positive.
template <bool BRAIN, int STEPS, bool EXACT>
__device__ __forceinline__ void attend(
    unsigned short* keyTile, unsigned short* valueTile, const unsigned short* q, int qFeatures, int qFirst, const unsigned short* k, int kFeatures, int kFirst,
    const unsigned short* v, int vFeatures, int vFirst, void* y, int yType, int tokens, int keyRows, int heads, int keyValueHeads, int headWidth, float scale, int window,
    int causal, const Sequence* sequences, const Tile* tiles)
{
    const int width = EXACT ? STEPS * 16 : headWidth;
    const float nothing = __int_as_float(0xFF800000);
    Tile tile = tiles[blockIdx.x];
    Sequence sequence = sequences[tile.sequence];
    KeyRange keys(sequence, window, causal);
    int head = blockIdx.y, probe = blockIdx.z;
    int shared = head / (heads / keyValueHeads) * width;
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    // A fragment's rows are lane div 4 and the one 8 below, its columns 2(lane mod 4), + 1 and those 8 to the right.
    int quad = lane >> 2, pair = lane & 3;
    int own[2] = { tile.first + warp * 16 + quad, tile.first + warp * 16 + quad + 8 };
    long long token = (long long)probe * tokens + sequence.start;
    long long probeRow = (long long)probe * keyRows;
    int kColumn = kFirst + shared, vColumn = vFirst + shared;
    bool aligned = isAligned(k + kColumn, 16) && isAligned(v + vColumn, 16) && (kFeatures & 7) == 0 && (vFeatures & 7) == 0;
    int lastQuery = min(tile.first + MMA_TILE, sequence.length) - 1;
    int begin = keys.first(tile.first), end = keys.end(lastQuery);

    loadTile<BRAIN>(keyTile, k, probeRow, kFeatures, kColumn, width, keys, begin, end, aligned);

    unsigned query[STEPS][4];
#pragma unroll
    for (int step = 0; step < STEPS; step++)
    {
#pragma unroll
        for (int part = 0; part < 4; part++)
        {
            int i = own[part & 1], f = step * 16 + (part >> 1) * 8 + pair * 2;
            query[step][part] = loadQueryPair(q, (token + i) * qFeatures + qFirst + head * width + f, i < sequence.length && f < width);
        }
    }

    float result[2 * STEPS][4], maximum[2] = { nothing, nothing }, sum[2] = { 0.0f, 0.0f };
#pragma unroll
    for (int n = 0; n < 2 * STEPS; n++) result[n][0] = result[n][1] = result[n][2] = result[n][3] = 0.0f;
    // Scores count in powers of two.
    float scale2 = __fmul_rn(scale, 1.4426950408889634f);

    for (int first = begin; first < end; first += MMA_TILE)
    {
        waitForCopies();
        __syncthreads();
        loadTile<BRAIN>(valueTile, v, probeRow, vFeatures, vColumn, width, keys, first, end, aligned);

        // Scores of 16 queries and 64 keys. A load brings 16 features of 16 keys: two tiles of keys, each in two halves of features.
        float score[8][4];
#pragma unroll
        for (int n = 0; n < 8; n++) score[n][0] = score[n][1] = score[n][2] = score[n][3] = 0.0f;
#pragma unroll
        for (int step = 0; step < STEPS; step++)
        {
            if (step * 16 >= width) break;
#pragma unroll
            for (int n = 0; n < 8; n += 2)
            {
                unsigned b[4];
                loadTiles(b, keyTile + (n * 8 + (lane >> 4) * 8 + (lane & 7)) * (width + 8) + step * 16 + (lane >> 3 & 1) * 8);
                multiplyTiles<BRAIN>(score[n], query[step][0], query[step][1], query[step][2], query[step][3], b[0], b[1]);
                multiplyTiles<BRAIN>(score[n + 1], query[step][0], query[step][1], query[step][2], query[step][3], b[2], b[3]);
            }
        }

        // Where not every query of the tile sees every key of this one.
        if (first + MMA_TILE > keys.end(tile.first) || first < keys.first(lastQuery))
        {
#pragma unroll
            for (int i = 0; i < 32; i++)
                if (!keys.sees(own[i >> 1 & 1], first + (i >> 2) * 8 + pair * 2 + (i & 1))) score[i >> 2][i & 3] = nothing;
        }

#pragma unroll
        for (int half = 0; half < 2; half++)
        {
            float top = maximum[half];
#pragma unroll
            for (int n = 0; n < 8; n++)
            {
                top = fmaxf(top, fmaxf(score[n][half * 2], score[n][half * 2 + 1]));
            }

            top = fmaxf(top, __shfl_xor_sync(0xFFFFFFFFu, top, 1));
            top = fmaxf(top, __shfl_xor_sync(0xFFFFFFFFu, top, 2));
            float offset = top == nothing ? 0.0f : __fmul_rn(top, -scale2);
            float before = exponential2(__fmaf_rn(maximum[half], scale2, offset));
            maximum[half] = top;
            float total = 0.0f;
#pragma unroll
            for (int n = 0; n < 8; n++)
            {
#pragma unroll
                for (int c = 0; c < 2; c++)
                {
                    float weight = exponential2(__fmaf_rn(score[n][half * 2 + c], scale2, offset));
                    score[n][half * 2 + c] = weight;
                    total = __fadd_rn(total, weight);
                }
            }

            sum[half] = __fmaf_rn(sum[half], before, total);
#pragma unroll
            for (int n = 0; n < 2 * STEPS; n++)
            {
                result[n][half * 2] = __fmul_rn(result[n][half * 2], before);
                result[n][half * 2 + 1] = __fmul_rn(result[n][half * 2 + 1], before);
            }
        }

        waitForCopies();
        __syncthreads();
        if (first + MMA_TILE < end) loadTile<BRAIN>(keyTile, k, probeRow, kFeatures, kColumn, width, keys, first + MMA_TILE, end, aligned);

        // A score's fragment is that of a left factor. A load brings 16 keys of 16 features, turned.
#pragma unroll
        for (int n = 0; n < 8; n += 2)
        {
            unsigned a0 = packPair<BRAIN>(score[n][0], score[n][1]), a1 = packPair<BRAIN>(score[n][2], score[n][3]);
            unsigned a2 = packPair<BRAIN>(score[n + 1][0], score[n + 1][1]), a3 = packPair<BRAIN>(score[n + 1][2], score[n + 1][3]);
#pragma unroll
            for (int step = 0; step < STEPS; step++)
            {
                if (step * 16 >= width) break;
                unsigned b[4];
                loadTransposedTiles(b, valueTile + (n * 8 + (lane & 15)) * (width + 8) + step * 16 + (lane >> 4) * 8);
                multiplyTiles<BRAIN>(result[2 * step], a0, a1, a2, a3, b[0], b[1]);
                multiplyTiles<BRAIN>(result[2 * step + 1], a0, a1, a2, a3, b[2], b[3]);
            }
        }
    }

#pragma unroll
    for (int half = 0; half < 2; half++)
    {
        float total = sum[half];
        total = __fadd_rn(total, __shfl_xor_sync(0xFFFFFFFFu, total, 1));
        total = __fadd_rn(total, __shfl_xor_sync(0xFFFFFFFFu, total, 2));
        float inverse = __fdiv_rn(1.0f, total);
        if (own[half] >= sequence.length) continue;
        long long row = (token + own[half]) * ((long long)heads * width) + head * width + pair * 2;
#pragma unroll
        for (int n = 0; n < 2 * STEPS; n++)
        {
            if (n * 8 >= width) break;
            storePair(y, yType, row + n * 8, __fmul_rn(result[n][half * 2], inverse), __fmul_rn(result[n][half * 2 + 1], inverse));
        }
    }
}

// The kernel for one format and heads of at most WIDEST features: narrow ones take less of the registers and of shared memory. Each warp reads its
// queries before any warp stores, and no other block stores to their places, so y may be q.
#define ATTENTION_MMA(NAME, BRAIN, WIDEST)                                                                                                      \
    extern "C" __global__ void __launch_bounds__(MMA_THREADS) NAME(                                                                             \
        const void* q, int qType, int qFeatures, int qFirst, const void* k, int kType, int kFeatures, int kFirst, const void* v, int vType,     \
        int vFeatures, int vFirst, void* y, int yType, int tokens, int keyRows, int heads, int keyValueHeads, int width, float scale,           \
        int window, int causal, const Sequence* sequences, const Tile* tiles)                                                                   \
    {                                                                                                                                           \
        __shared__ __align__(16) unsigned short keyTile[MMA_TILE * (WIDEST + 8)];                                                               \
        __shared__ __align__(16) unsigned short valueTile[MMA_TILE * (WIDEST + 8)];                                                             \
        if (width == WIDEST) ATTEND(BRAIN, WIDEST / 16, true)                                                                                   \
        else ATTEND(BRAIN, WIDEST / 16, false)                                                                                                  \
    }

#define ATTEND(BRAIN, STEPS, EXACT)                                                                                                             \
    attend<BRAIN, STEPS, EXACT>(keyTile, valueTile, (const unsigned short*)q, qFeatures, qFirst, (const unsigned short*)k, kFeatures, kFirst,   \
        (const unsigned short*)v, vFeatures, vFirst, y, yType, tokens, keyRows, heads, keyValueHeads, width, scale, window, causal, sequences,  \
        tiles);

ATTENTION_MMA(attention_mma_f16_64, false, 64)
ATTENTION_MMA(attention_mma_f16_128, false, 128)
ATTENTION_MMA(attention_mma_bf16_64, true, 64)
ATTENTION_MMA(attention_mma_bf16_128, true, 128)

#endif

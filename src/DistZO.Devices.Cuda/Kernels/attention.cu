// softmax(scale·q·kᵀ)·v for any formats and widths up to 256: a block takes a tile of queries of one head through its keys, tile by tile,
// with a running maximum and sum (Dao et al., "FlashAttention", 2022); T × T scores are never in memory.
//
// Limit: float32 fused multiply-adds, each with one number from shared memory for four queries.
#include "activations.cuh"
#include "attention.cuh"
#include "groups.cuh"

// ATTENTION_TILE queries a block; ATTENTION_THREADS threads; a warp has four queries, a lane one key and up to eight features of y.
enum { ATTENTION_TILE = 16, ATTENTION_THREADS = 128, KEY_TILE = 32, WIDEST_HEAD = 256, FEATURE_CHUNK = 64, QUERIES_A_WARP = 4 };

// One part of the keys or values into shared memory, as float32: KEY_TILE rows from key `first` on, FEATURE_CHUNK features.
__device__ __forceinline__ void loadChunk(
    float (*chunk)[FEATURE_CHUNK + 1], const void* x, int type, long long probeRow, int rowLength, int column, int features, const KeyRange& keys, int first, int end)
{
    for (int n = threadIdx.x; n < KEY_TILE * (FEATURE_CHUNK / 4); n += ATTENTION_THREADS)
    {
        int key = n / (FEATURE_CHUNK / 4), f = n % (FEATURE_CHUNK / 4) * 4;
        float v[4] = { 0.0f, 0.0f, 0.0f, 0.0f };
        if (first + key < end && f < features) load4(x, type, (probeRow + keys.row(first + key)) * rowLength + column + f, features - f, v);
#pragma unroll
        for (int i = 0; i < 4; i++) chunk[key][f + i] = v[i];
    }
}

extern "C" __global__ void __launch_bounds__(ATTENTION_THREADS) attention(
    const void* q, int qType, int qFeatures, int qFirst, const void* k, int kType, int kFeatures, int kFirst, const void* v, int vType, int vFeatures, int vFirst,
    void* y, int yType, int tokens, int keyRows, int heads, int keyValueHeads, int width, float scale, int window, int causal, const Sequence* sequences,
    const Tile* tiles)
{
    __shared__ float queries[ATTENTION_TILE][WIDEST_HEAD];
    __shared__ float chunk[KEY_TILE][FEATURE_CHUNK + 1];
    __shared__ float weights[ATTENTION_TILE][KEY_TILE];

    const float nothing = __int_as_float(0xFF800000);
    Tile tile = tiles[blockIdx.x];
    Sequence sequence = sequences[tile.sequence];
    KeyRange keys(sequence, window, causal);
    int head = blockIdx.y, probe = blockIdx.z;
    int shared = head / (heads / keyValueHeads) * width;
    int lane = threadIdx.x & 31, ownFirst = (threadIdx.x >> 5) * QUERIES_A_WARP;
    int queryCount = min(ATTENTION_TILE, sequence.length - tile.first);
    long long firstToken = (long long)probe * tokens + sequence.start + tile.first;
    long long probeRow = (long long)probe * keyRows;

    for (int n = threadIdx.x; n < ATTENTION_TILE * WIDEST_HEAD; n += ATTENTION_THREADS)
    {
        int i = n / WIDEST_HEAD, f = n % WIDEST_HEAD;
        queries[i][f] = i < queryCount && f < width ? __fmul_rn(load1(q, qType, (firstToken + i) * qFeatures + qFirst + head * width + f), scale) : 0.0f;
    }

    float maximum[QUERIES_A_WARP], sum[QUERIES_A_WARP], result[QUERIES_A_WARP][WIDEST_HEAD / 32];
#pragma unroll
    for (int j = 0; j < QUERIES_A_WARP; j++)
    {
        maximum[j] = nothing;
        sum[j] = 0.0f;
#pragma unroll
        for (int c = 0; c < WIDEST_HEAD / 32; c++) result[j][c] = 0.0f;
    }

    int end = keys.end(tile.first + queryCount - 1);
    for (int first = keys.first(tile.first); first < end; first += KEY_TILE)
    {
        float score[QUERIES_A_WARP] = { 0.0f, 0.0f, 0.0f, 0.0f };
        for (int f = 0; f < width; f += FEATURE_CHUNK)
        {
            __syncthreads();
            loadChunk(chunk, k, kType, probeRow, kFeatures, kFirst + shared + f, width - f, keys, first, end);
            __syncthreads();
            int features = min(FEATURE_CHUNK, width - f);
            for (int d = 0; d < features; d++)
            {
                float own = chunk[lane][d];
#pragma unroll
                for (int j = 0; j < QUERIES_A_WARP; j++) score[j] = __fmaf_rn(own, queries[ownFirst + j][f + d], score[j]);
            }
        }

#pragma unroll
        for (int j = 0; j < QUERIES_A_WARP; j++)
        {
            if (first + lane >= end || !keys.sees(tile.first + ownFirst + j, first + lane)) score[j] = nothing;
            float top = score[j];
            for (int distance = 16; distance > 0; distance /= 2) top = fmaxf(top, __shfl_xor_sync(0xFFFFFFFFu, top, distance));
            top = fmaxf(top, maximum[j]);
            float weight = score[j] == nothing ? 0.0f : exponential(__fsub_rn(score[j], top));
            float before = maximum[j] == nothing ? 0.0f : exponential(__fsub_rn(maximum[j], top));
            float total = weight;
            for (int distance = 16; distance > 0; distance /= 2) total = __fadd_rn(total, __shfl_xor_sync(0xFFFFFFFFu, total, distance));
            sum[j] = __fmaf_rn(sum[j], before, total);
            maximum[j] = top;
            weights[ownFirst + j][lane] = weight;
#pragma unroll
            for (int c = 0; c < WIDEST_HEAD / 32; c++) result[j][c] = __fmul_rn(result[j][c], before);
        }

        // The barriers below also stand between the weights' writes and their reads.
#pragma unroll
        for (int part = 0; part < WIDEST_HEAD / FEATURE_CHUNK; part++)
        {
            int f = part * FEATURE_CHUNK;
            if (f >= width) break;
            __syncthreads();
            loadChunk(chunk, v, vType, probeRow, vFeatures, vFirst + shared + f, width - f, keys, first, end);
            __syncthreads();
            for (int key = 0; key < KEY_TILE; key++)
            {
                float low = chunk[key][lane], high = chunk[key][lane + 32];
#pragma unroll
                for (int j = 0; j < QUERIES_A_WARP; j++)
                {
                    float weight = weights[ownFirst + j][key];
                    result[j][2 * part] = __fmaf_rn(weight, low, result[j][2 * part]);
                    result[j][2 * part + 1] = __fmaf_rn(weight, high, result[j][2 * part + 1]);
                }
            }
        }
    }

#pragma unroll
    for (int j = 0; j < QUERIES_A_WARP; j++)
    {
        if (ownFirst + j >= queryCount) continue;
        float inverse = __fdiv_rn(1.0f, sum[j]);
        long long row = (firstToken + ownFirst + j) * ((long long)heads * width) + head * width;
#pragma unroll
        for (int c = 0; c < WIDEST_HEAD / 32; c++)
            if (c * 32 + lane < width) store1(y, yType, row + c * 32 + lane, __fmul_rn(result[j][c], inverse));
    }
}

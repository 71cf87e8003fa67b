// The threads of a block on one thread of the host.
#pragma once

#include <cstdint>

struct uint3
{
    unsigned x, y, z;
};

// Of the thread that runs now. Kernels of a process run one at a time.
extern uint3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulator
{
// Words that a lane may lay down for its warp.
constexpr int MostWords = 10;

// What the lanes of a warp laid down together, and what the last one to come made of it.
struct Exchange
{
    std::uint32_t words[32][MostWords];
    std::uint32_t results[32][4];
};

// Runs a kernel over a grid. Returns false if threads wait for others that have ended.
bool runGrid(const unsigned grid[3], const unsigned block[3], void (*kernel)(void** arguments), void** arguments);

// Waits until all threads of the block that have not ended are here.
void blockBarrier();

// Lays words down and waits until all lanes of the warp have; the last one calls `combine`. The result holds until the lane's next exchange.
const Exchange& exchange(const std::uint32_t* words, int count, void (*combine)(Exchange&) = nullptr);

// This thread's lane.
int lane();

// Copies `bytes` when this thread waits for its copies, or zeros if from is null.
void copyLater(void* to, const void* from, int bytes);
void finishCopies();
}

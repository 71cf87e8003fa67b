// Threads are fibers: started by ucontext, switched by _setjmp and _longjmp, which save no signal masks. A fiber whose thread ends without
// waiting takes the next thread, so a kernel without barriers runs on one.
#include "block.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <sys/mman.h>
#include <ucontext.h>
#include <vector>

uint3 threadIdx, blockIdx, blockDim, gridDim;

// The section of all __shared__ variables of this library.
extern "C" char __start_distzo_shared[] __attribute__((weak, visibility("hidden")));
extern "C" char __stop_distzo_shared[] __attribute__((weak, visibility("hidden")));

namespace emulator
{
namespace
{
constexpr std::size_t StackBytes = 256 << 10;

struct Copy
{
    void* to;
    const void* from;
    int bytes;
};

struct Fiber
{
    jmp_buf place;
    ucontext_t start;
    void* stack = nullptr;
    unsigned thread = 0;
    std::vector<Copy> copies;
};

struct Warp
{
    // Two in turn: no lane can come to the one after the next before all have read this one.
    Exchange exchanges[2];
    unsigned generation = 0;
    int arrived = 0;
    std::vector<Fiber*> waiting;
};

jmp_buf scheduler;
std::vector<Fiber*> idle;
std::deque<Fiber*> ready;
std::vector<Fiber*> atBarrier;
std::vector<Warp> warps;
Fiber* current;
unsigned threads, started, living;
bool backwards;
void (*kernelNow)(void**);
void** argumentsNow;

void enter(unsigned thread)
{
    threadIdx = { thread % blockDim.x, thread / blockDim.x % blockDim.y, thread / (blockDim.x * blockDim.y) };
}

void releaseBarrier()
{
    ready.insert(ready.end(), atBarrier.begin(), atBarrier.end());
    atBarrier.clear();
}

// Takes threads until there are none, for ever: the next block finds the fiber here.
void fiberMain()
{
    for (;;)
    {
        while (started < threads)
        {
            unsigned number = started++;
            current->thread = backwards ? threads - 1 - number : number;
            enter(current->thread);
            kernelNow(argumentsNow);
            finishCopies();
            living--;
            if (living > 0 && atBarrier.size() == living) releaseBarrier();
        }

        idle.push_back(current);
        if (_setjmp(current->place) == 0) _longjmp(scheduler, 1);
    }
}

Fiber* makeFiber()
{
    Fiber* fiber = new Fiber;
    fiber->stack = mmap(nullptr, StackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    getcontext(&fiber->start);
    fiber->start.uc_stack.ss_sp = fiber->stack;
    fiber->start.uc_stack.ss_size = StackBytes;
    fiber->start.uc_link = nullptr;
    makecontext(&fiber->start, fiberMain, 0);
    return fiber;
}

__attribute__((noinline)) void resume(Fiber* fiber)
{
    current = fiber;
    enter(fiber->thread);
    if (_setjmp(scheduler) == 0) _longjmp(fiber->place, 1);
}

__attribute__((noinline)) void start(Fiber* fiber)
{
    current = fiber;
    if (_setjmp(scheduler) == 0) setcontext(&fiber->start);
}

__attribute__((noinline)) void wait()
{
    if (_setjmp(current->place) == 0) _longjmp(scheduler, 1);
}

bool runBlock()
{
    started = 0;
    living = threads;
    for (Warp& warp : warps) warp.arrived = 0;
    // What a block finds in shared memory is nothing that it may use.
    std::memset(__start_distzo_shared, 0xFF, __stop_distzo_shared - __start_distzo_shared);
    while (living > 0)
    {
        if (started < threads)
        {
            if (idle.empty()) start(makeFiber());
            else
            {
                Fiber* fiber = idle.back();
                idle.pop_back();
                resume(fiber);
            }
        }
        else if (!ready.empty())
        {
            // In turn, or those first that became ready last: a warp then runs ahead of the others as far as it can.
            Fiber* fiber = backwards ? ready.back() : ready.front();
            if (backwards) ready.pop_back();
            else ready.pop_front();
            resume(fiber);
        }
        else break;
    }

    if (living == 0) return true;
    std::fprintf(stderr, "emulator: %u threads of block (%u, %u, %u) wait for others that never come\n", living, blockIdx.x, blockIdx.y, blockIdx.z);
    // Their fibers are lost.
    atBarrier.clear();
    for (Warp& warp : warps) warp.waiting.clear();
    return false;
}
}

bool runGrid(const unsigned grid[3], const unsigned block[3], void (*kernel)(void**), void** arguments)
{
    gridDim = { grid[0], grid[1], grid[2] };
    blockDim = { block[0], block[1], block[2] };
    threads = block[0] * block[1] * block[2];
    warps.resize((threads + 31) / 32);
    kernelNow = kernel;
    argumentsNow = arguments;
    for (unsigned z = 0; z < grid[2]; z++)
    {
        for (unsigned y = 0; y < grid[1]; y++)
        {
            for (unsigned x = 0; x < grid[0]; x++)
            {
                blockIdx = { x, y, z };
                // Every second block from its last thread to its first, so that no order of threads is taken for granted.
                backwards = !backwards;
                if (!runBlock()) return false;
            }
        }
    }

    return true;
}

void blockBarrier()
{
    if (atBarrier.size() + 1 == living)
    {
        releaseBarrier();
        return;
    }

    atBarrier.push_back(current);
    wait();
}

int lane()
{
    return (int)(current->thread & 31);
}

const Exchange& exchange(const std::uint32_t* words, int count, void (*combine)(Exchange&))
{
    Warp& warp = warps[current->thread / 32];
    Exchange& exchange = warp.exchanges[warp.generation & 1];
    std::memcpy(exchange.words[lane()], words, (std::size_t)count * 4);
    int lanes = (int)std::min(32u, threads - current->thread / 32 * 32);
    if (++warp.arrived == lanes)
    {
        if (combine) combine(exchange);
        warp.arrived = 0;
        warp.generation++;
        ready.insert(ready.end(), warp.waiting.begin(), warp.waiting.end());
        warp.waiting.clear();
    }
    else
    {
        warp.waiting.push_back(current);
        wait();
    }

    return exchange;
}

void copyLater(void* to, const void* from, int bytes)
{
    current->copies.push_back({ to, from, bytes });
}

void finishCopies()
{
    for (const Copy& copy : current->copies)
    {
        if (copy.from) std::memcpy(copy.to, copy.from, (std::size_t)copy.bytes);
        else std::memset(copy.to, 0, (std::size_t)copy.bytes);
    }

    current->copies.clear();
}
}

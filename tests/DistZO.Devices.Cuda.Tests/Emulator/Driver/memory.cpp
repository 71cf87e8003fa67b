#include "memory.h"

#include "options.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>

namespace
{
using Address = unsigned long long;

// Bytes before and after each allocation that no kernel may write.
constexpr std::size_t Fence = 512;
constexpr int FencePattern = 0xFB, Poison = 0xFF;
// Freed memory that is kept, so that a late reader finds poison.
constexpr std::size_t QuarantineBytes = 64 << 20;

struct Allocation
{
    std::size_t bytes;
    int device;
    // Nothing may be queued on it any more; then, nothing may touch it.
    bool isFreed = false;
    bool isGone = false;
};

std::mutex& gate = *new std::mutex;
std::map<Address, Allocation>& allocations = *new std::map<Address, Allocation>;
std::deque<Address>& quarantine = *new std::deque<Address>;
std::size_t quarantined = 0;
int live = 0;
std::map<int, unsigned long long>& used = *new std::map<int, unsigned long long>;

struct Pool
{
    int device;
    unsigned long long threshold = 0;
};

Handles<Pool>& pools = *new Handles<Pool>;
std::map<int, Handle>& defaultPools = *new std::map<int, Handle>;

Allocation* find(Address address, std::size_t bytes)
{
    auto at = allocations.upper_bound(address);
    if (at == allocations.begin()) return nullptr;
    --at;
    return address + bytes <= at->first + at->second.bytes ? &at->second : nullptr;
}

bool isWhole(const unsigned char* fence)
{
    for (std::size_t i = 0; i < Fence; i++)
        if (fence[i] != FencePattern) return false;
    return true;
}

// Poisons what is freed; the oldest leaves.
void retire(Address address)
{
    std::lock_guard<std::mutex> lock(gate);
    Allocation& allocation = allocations[address];
    unsigned char* memory = (unsigned char*)address;
    if (!isWhole(memory - Fence) || !isWhole(memory + allocation.bytes))
    {
        std::fprintf(stderr, "emulator: something was written beside an allocation of %zu bytes\n", allocation.bytes);
        setStickyError(IllegalAddress);
    }

    allocation.isGone = true;
    std::memset(memory, Poison, allocation.bytes);
    quarantine.push_back(address);
    quarantined += allocation.bytes;
    while (quarantined > QuarantineBytes)
    {
        auto oldest = allocations.find(quarantine.front());
        quarantine.pop_front();
        quarantined -= oldest->second.bytes;
        std::free((void*)(oldest->first - Fence));
        allocations.erase(oldest);
    }
}

int allocate(Address* address, std::size_t bytes, int device, Stream* stream)
{
    if (bytes == 0) return InvalidValue;
    std::lock_guard<std::mutex> lock(gate);
    if (used[device] + bytes > deviceMemory()) return OutOfMemory;
    std::size_t padded = (bytes + Fence - 1) / Fence * Fence;
    unsigned char* memory = (unsigned char*)std::aligned_alloc(Fence, padded + 2 * Fence);
    if (!memory) return OutOfMemory;
    std::memset(memory, FencePattern, padded + 2 * Fence);
    memory += Fence;
    *address = (Address)memory;
    Allocation allocation;
    allocation.bytes = bytes;
    allocation.device = device;
    allocations[*address] = allocation;
    used[device] += bytes;
    live++;
    // Memory begins to exist in the order of its stream: what another one writes before that is lost.
    std::memset(memory, Poison, bytes);
    if (stream) stream->enqueue([memory, bytes] { std::memset(memory, Poison, bytes); });
    return Success;
}

// Marks an allocation as freed; false if it is none.
bool release(Address address)
{
    std::lock_guard<std::mutex> lock(gate);
    auto at = allocations.find(address);
    if (at == allocations.end() || at->second.isFreed) return false;
    at->second.isFreed = true;
    used[at->second.device] -= at->second.bytes;
    live--;
    return true;
}
}

int liveAllocations()
{
    std::lock_guard<std::mutex> lock(gate);
    return live;
}

int livePools() { return pools.count() - (int)defaultPools.size(); }

bool isAllocated(Address address, std::size_t bytes)
{
    std::lock_guard<std::mutex> lock(gate);
    Allocation* allocation = find(address, bytes);
    return allocation && !allocation->isFreed;
}

bool mayTouch(Address address, std::size_t bytes)
{
    std::lock_guard<std::mutex> lock(gate);
    Allocation* allocation = find(address, bytes);
    return allocation && !allocation->isGone;
}

EXPORT int cuMemGetInfo_v2(std::size_t* free, std::size_t* total)
{
    std::shared_ptr<Context> context = currentContext();
    if (!context) return InvalidContext;
    std::lock_guard<std::mutex> lock(gate);
    *total = deviceMemory();
    *free = *total - std::min<unsigned long long>(*total, used[context->device]);
    return Success;
}

EXPORT int cuMemAlloc_v2(Address* address, std::size_t bytes)
{
    std::shared_ptr<Context> context = currentContext();
    return context ? allocate(address, bytes, context->device, nullptr) : (int)InvalidContext;
}

EXPORT int cuMemAllocAsync(Address* address, std::size_t bytes, Handle streamHandle)
{
    std::shared_ptr<Stream> stream = findStream(streamHandle);
    if (!stream) return InvalidHandle;
    if (stickyError()) return stickyError();
    return allocate(address, bytes, stream->context->device, stream.get());
}

EXPORT int cuMemAllocFromPoolAsync(Address* address, std::size_t bytes, Handle poolHandle, Handle streamHandle)
{
    std::shared_ptr<Pool> pool = pools.find(poolHandle);
    if (!pool) return InvalidValue;
    std::shared_ptr<Stream> stream = findStream(streamHandle);
    if (!stream) return InvalidHandle;
    if (stickyError()) return stickyError();
    return allocate(address, bytes, pool->device, stream.get());
}

EXPORT int cuMemFreeAsync(Address address, Handle streamHandle)
{
    std::shared_ptr<Stream> stream = findStream(streamHandle);
    if (!stream) return InvalidHandle;
    if (!release(address)) return InvalidValue;
    stream->enqueue([address] { retire(address); });
    return stickyError();
}

// Waits for all that the device does.
EXPORT int cuMemFree_v2(Address address)
{
    std::shared_ptr<Context> context = currentContext();
    if (!context) return InvalidContext;
    synchronizeAll(context->device);
    if (!release(address)) return InvalidValue;
    retire(address);
    return stickyError();
}

EXPORT int cuMemPoolCreate(Handle* handle, const int* properties)
{
    // allocation type, handle types, location type, location id
    if (properties[0] != 1 || properties[2] != 1 || properties[3] < 0 || properties[3] >= deviceCount()) return InvalidValue;
    std::shared_ptr<Pool> pool = std::make_shared<Pool>();
    pool->device = properties[3];
    *handle = pools.add(pool);
    return Success;
}

EXPORT int cuMemPoolDestroy(Handle handle) { return pools.remove(handle) ? Success : InvalidValue; }

EXPORT int cuDeviceGetDefaultMemPool(Handle* handle, int device)
{
    if (device < 0 || device >= deviceCount()) return InvalidDevice;
    std::lock_guard<std::mutex> lock(gate);
    Handle& known = defaultPools[device];
    if (!known)
    {
        std::shared_ptr<Pool> pool = std::make_shared<Pool>();
        pool->device = device;
        known = pools.add(pool);
    }

    *handle = known;
    return Success;
}

EXPORT int cuMemPoolSetAttribute(Handle handle, int attribute, const void* value)
{
    std::shared_ptr<Pool> pool = pools.find(handle);
    if (!pool || attribute < 1 || attribute > 8) return InvalidValue;
    if (attribute == 4) std::memcpy(&pool->threshold, value, 8);
    return Success;
}

EXPORT int cuMemPoolGetAttribute(Handle handle, int attribute, void* value)
{
    std::shared_ptr<Pool> pool = pools.find(handle);
    if (!pool || attribute < 1 || attribute > 8) return InvalidValue;
    std::lock_guard<std::mutex> lock(gate);
    unsigned long long number = attribute == 4 ? pool->threshold : attribute == 5 || attribute == 7 ? used[pool->device] : 0;
    if (attribute < 4)
    {
        int one = 1;
        std::memcpy(value, &one, 4);
    }
    else std::memcpy(value, &number, 8);
    return Success;
}

EXPORT int cuMemPoolSetAccess(Handle handle, const int* access, std::size_t count)
{
    if (!pools.find(handle)) return InvalidValue;
    // location type, location id, flags
    for (std::size_t i = 0; i < count; i++)
        if (access[3 * i] != 1 || access[3 * i + 1] < 0 || access[3 * i + 1] >= deviceCount()) return InvalidDevice;
    return Success;
}

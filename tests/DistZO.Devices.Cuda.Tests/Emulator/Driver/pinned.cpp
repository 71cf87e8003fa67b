// Host memory that the driver pinned.
#include "memory.h"

#include <cstdlib>
#include <cstring>
#include <vector>

namespace
{
std::mutex& gate = *new std::mutex;
std::map<std::uintptr_t, std::size_t>& made = *new std::map<std::uintptr_t, std::size_t>;
std::map<std::uintptr_t, std::size_t>& registered = *new std::map<std::uintptr_t, std::size_t>;
std::vector<void*>& gone = *new std::vector<void*>;

bool covers(const std::map<std::uintptr_t, std::size_t>& ranges, std::uintptr_t first, std::size_t bytes)
{
    auto at = ranges.upper_bound(first);
    if (at == ranges.begin()) return false;
    --at;
    return first + bytes <= at->first + at->second;
}

bool overlaps(const std::map<std::uintptr_t, std::size_t>& ranges, std::uintptr_t first, std::size_t bytes)
{
    auto at = ranges.lower_bound(first + bytes);
    if (at == ranges.begin()) return false;
    --at;
    return at->first + at->second > first;
}
}

int livePinned()
{
    std::lock_guard<std::mutex> lock(gate);
    return (int)made.size();
}

int liveRegistered()
{
    std::lock_guard<std::mutex> lock(gate);
    return (int)registered.size();
}

bool isPinned(const void* pointer, std::size_t bytes)
{
    std::lock_guard<std::mutex> lock(gate);
    return covers(made, (std::uintptr_t)pointer, bytes) || covers(registered, (std::uintptr_t)pointer, bytes);
}

EXPORT int cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned)
{
    if (!currentContext()) return InvalidContext;
    if (bytes == 0) return InvalidValue;
    *pointer = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (!*pointer) return OutOfMemory;
    std::memset(*pointer, 0xFF, bytes);
    std::lock_guard<std::mutex> lock(gate);
    made[(std::uintptr_t)*pointer] = bytes;
    return Success;
}

// What was freed stays for a while, poisoned, for a transfer that should have been waited for.
EXPORT int cuMemFreeHost(void* pointer)
{
    std::lock_guard<std::mutex> lock(gate);
    auto at = made.find((std::uintptr_t)pointer);
    if (at == made.end()) return InvalidValue;
    std::memset(pointer, 0xFF, at->second);
    made.erase(at);
    gone.push_back(pointer);
    if (gone.size() > 16)
    {
        std::free(gone.front());
        gone.erase(gone.begin());
    }

    return Success;
}

EXPORT int cuMemHostRegister_v2(void* pointer, std::size_t bytes, unsigned)
{
    if (!currentContext()) return InvalidContext;
    if (!pointer || bytes == 0) return InvalidValue;
    std::lock_guard<std::mutex> lock(gate);
    if (overlaps(registered, (std::uintptr_t)pointer, bytes) || overlaps(made, (std::uintptr_t)pointer, bytes)) return HostMemoryAlreadyRegistered;
    registered[(std::uintptr_t)pointer] = bytes;
    return Success;
}

EXPORT int cuMemHostUnregister(void* pointer)
{
    std::lock_guard<std::mutex> lock(gate);
    return registered.erase((std::uintptr_t)pointer) ? Success : HostMemoryNotRegistered;
}

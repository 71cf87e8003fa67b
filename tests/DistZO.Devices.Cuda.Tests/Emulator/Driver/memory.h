// Device memory. What is allocated or freed is filled with 0xFF, which is NaN in every format of weights and activations.
#pragma once

#include "streams.h"

// Whether [address, address + bytes) lies in one live allocation.
bool isAllocated(unsigned long long address, std::size_t bytes);

// The same for an operation that runs now: memory may have been freed since it was queued.
bool mayTouch(unsigned long long address, std::size_t bytes);

// Whether all of a range of host memory is pinned, so that the driver copies it in the order of the stream.
bool isPinned(const void* pointer, std::size_t bytes);

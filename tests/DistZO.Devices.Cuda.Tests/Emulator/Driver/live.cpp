#include "streams.h"

int liveContexts();
int liveEvents();
int liveModules();
int liveAllocations();
int livePools();
int livePinned();
int liveRegistered();

// How many of a kind exist: 0 contexts, 1 streams, 2 events, 3 modules, 4 allocations, 5 pinned, 6 registered, 7 pools. −1: no such kind.
EXPORT int distzo_emulator_live(int kind)
{
    switch (kind)
    {
    case 0: return liveContexts();
    case 1: return streams.count();
    case 2: return liveEvents();
    case 3: return liveModules();
    case 4: return liveAllocations();
    case 5: return livePinned();
    case 6: return liveRegistered();
    case 7: return livePools();
    default: return -1;
    }
}

// The error that the driver goes on returning since an operation failed; it is forgotten, for tests that provoke one.
EXPORT int distzo_emulator_take_error() { return takeStickyError(); }

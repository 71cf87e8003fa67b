namespace Grpc.Core;

/// <summary>The status codes of gRPC, with their numbers on the wire.</summary>
public enum StatusCode
{
    OK = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,

    /// <summary>A fault that says nothing of itself, as of an exception in a handler.</summary>
    Unknown = 2,

    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    ResourceExhausted = 8,

    /// <summary>Something else must be put right before a retry.</summary>
    FailedPrecondition = 9,

    /// <summary>Another operation interfered: start again at a higher level.</summary>
    Aborted = 10,

    OutOfRange = 11,
    Unimplemented = 12,

    /// <summary>An end broke the protocol.</summary>
    Internal = 13,

    /// <summary>The same call may succeed later.</summary>
    Unavailable = 14,

    DataLoss = 15,

    /// <summary>The caller did not prove who it is.</summary>
    Unauthenticated = 16,
}

namespace DistZO.Cli;

/// <summary>What the process tells whoever started it. Stable: job schedulers decide by them whether to try again.</summary>
internal static class ExitCodes
{
    /// <summary>Done; also where there was nothing left to do.</summary>
    public const int Done = 0;

    /// <summary>Failed or was stopped; the same command may succeed later and goes on where this one ended.</summary>
    public const int Failed = 1;

    /// <summary>Bad input or configuration; a retry fails the same way.</summary>
    public const int BadInput = 2;
}

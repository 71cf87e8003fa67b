namespace DistZO.Devices;

/// <summary>What a directory of blocks is opened with.</summary>
/// <param name="Origin">
/// 32 bytes that are the same for blocks of the same base, layout and number formats, whatever the run: a digest of these.
/// </param>
/// <param name="Belongs">Whether a version is one of the run's: its ledger has that chain hash after that step.</param>
/// <param name="Notice">Told, in a line for people, what was found to be stale, damaged or not supported.</param>
public sealed record BlockDirectoryOptions(ReadOnlyMemory<byte> Origin, Func<StoredVersion, bool> Belongs, Action<string> Notice)
{
    /// <summary>Past the page cache, if the file system can.</summary>
    public bool Direct { get; init; } = true;

    /// <summary>Parts of one read or write that are under way at once.</summary>
    public int Lanes { get; init; } = 4;
}

/// <summary>
/// The blocks of a model in the files of one directory, one each, which one run at a time holds. Opening checks every byte that it goes
/// on with; what is missing, stale or damaged is made again, empty, for the caller to fill. Space is taken at once, so that a full disk
/// shows before the first step.
/// </summary>
public sealed class BlockDirectory : IBlockStore
{
    private const string LockName = "blocks.lock";

    private readonly IDisposable _held;
    private readonly IoLanes _lanes;
    private readonly List<DiskBlock> _blocks = [];

    private BlockDirectory(IDisposable held, IoLanes lanes) => (_held, _lanes) = (held, lanes);

    /// <summary>One for each layout, in their order. Owned by the directory.</summary>
    public IReadOnlyList<DiskBlock> Blocks => _blocks;

    IReadOnlyList<StoredBlock> IBlockStore.Blocks => _blocks;

    /// <summary>
    /// Opens the blocks of a model, or makes them. Those without a version are the caller's to fill: all bytes, from the base, and a commit.
    /// </summary>
    /// <exception cref="BadInputException">The directory cannot be made or written to, or holds what is named as a block file and is none.</exception>
    /// <exception cref="RunFailedException">Another run holds it, there is not enough space, or the disk failed.</exception>
    public static BlockDirectory Open(string path, IReadOnlyList<BlockLayout> layouts, BlockDirectoryOptions options)
    {
        BlockSpace.Create(path);
        var lockFile = Path.Combine(path, LockName);
        var held = FileLock.Take(lockFile,
            $"another run keeps its blocks in '{path}' (it holds the lock on '{lockFile}'); " +
            "give each run a directory of its own, or wait for the other to end");
        var directory = new BlockDirectory(held, new IoLanes(options.Lanes));
        try
        {
            var plans = layouts.Select((layout, index) => new BlockPlan(layout, index, options.Origin.Span)).ToList();
            directory.OpenBlocks(path, plans, options);
            return directory;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Closes the files and lets another run have the directory. Nobody may be reading or writing a block.</summary>
    public void Dispose()
    {
        foreach (var block in _blocks) block.Dispose();
        _lanes.Dispose();
        _held.Dispose();
    }

    private void OpenBlocks(string path, IReadOnlyList<BlockPlan> plans, BlockDirectoryOptions options)
    {
        var direct = options.Direct && DirectFile.IsSupportedIn(path);
        if (options.Direct && !direct)
        {
            options.Notice(
                $"direct I/O is not supported by the file system of '{path}': blocks go through the page cache, and are dropped from it; " +
                "a directory on a local disk is faster");
        }

        BlockSpace.RefuseForeign(path);
        var stale = BlockSpace.RemoveStrangers(path, plans);
        var found = new List<FoundBlock>();
        foreach (var plan in plans)
        {
            var file = Path.Combine(path, plan.FileName);
            found.Add(Look(file, plan, direct, options.Belongs));
            if (found[^1].State == BlockState.Other) stale++;
            Report(file, found[^1], options.Notice);
        }

        if (stale > 0) options.Notice($"'{path}': {stale} files of another base, layout or run were removed");
        BlockSpace.Make(path, [.. plans.Where((_, i) => !found[i].IsUsable)]);
        for (var i = 0; i < plans.Count; i++)
            _blocks.Add(new DiskBlock(plans[i], DirectFile.Open(Path.Combine(path, plans[i].FileName), direct), _lanes, found[i]));
    }

    private FoundBlock Look(string path, BlockPlan plan, bool direct, Func<StoredVersion, bool> belongs)
    {
        if (new FileInfo(path) is not { Exists: true, Length: var length }) return FoundBlock.None(BlockState.Empty);
        if (length == 0) return FoundBlock.None(BlockState.Damaged, "it has no byte, as if its making was cut off");
        try
        {
            using var file = DirectFile.Open(path, direct);
            return FoundBlock.In(plan, file, length, _lanes, belongs);
        }
        catch (RunFailedException e)
        {
            return FoundBlock.None(BlockState.Damaged, e.InnerException?.Message ?? e.Message);
        }
    }

    private static void Report(string file, FoundBlock found, Action<string> notice)
    {
        if (found.Damage is null) return;
        notice(found.IsUsable
            ? $"block file '{file}': {found.Damage}; its other version, after step {found.Version.Step}, is whole and taken"
            : $"block file '{file}' is damaged: {found.Damage}; it is rebuilt from the base and the ledger");
    }
}

namespace DistZO.Devices;

/// <summary>Makes and removes the files of a directory of blocks.</summary>
internal static class BlockSpace
{
    /// <summary>Makes the directory, if it is not there.</summary>
    public static void Create(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            for (var at = Path.GetFullPath(path); at is not null; at = Path.GetDirectoryName(at))
            {
                if (File.Exists(at)) throw new BadInputException($"'{path}': '{at}' is a file, and blocks go to a directory; name another with --offload-dir", e);
            }

            throw DurableFile.Explain(path, e);
        }
    }

    /// <summary>Refuses what is named as a block file and is none: it would be removed, or written over.</summary>
    /// <exception cref="BadInputException">There is such a thing; nothing was changed.</exception>
    public static void RefuseForeign(string path)
    {
        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos("*" + BlockPlan.Suffix))
        {
            var what = entry is DirectoryInfo ? "a directory" : BlockHeader.IsBlockFile(entry.FullName) ? null : "not a block file of distzo";
            if (what is not null)
                throw new BadInputException($"'{Path.Combine(path, entry.Name)}' is {what}, though it is named as one; move it away, or name another directory with --offload-dir");
        }
    }

    /// <summary>Removes the files of blocks that the model does not have. Gives how many.</summary>
    public static int RemoveStrangers(string path, IReadOnlyList<BlockPlan> plans)
    {
        var own = plans.Select(plan => plan.FileName).ToHashSet();
        var strangers = Directory.GetFiles(path, "*" + BlockPlan.Suffix).Where(file => !own.Contains(Path.GetFileName(file))).ToList();
        foreach (var file in strangers) Guarded(file, () => File.Delete(file));
        return strangers.Count;
    }

    /// <summary>Makes files of nothing but zeros, in the place of old ones, and takes their space on the disk. All, or none.</summary>
    public static void Make(string path, IReadOnlyList<BlockPlan> plans)
    {
        if (plans.Count == 0) return;
        Remove(path, plans);
        try
        {
            Allocate(path, plans);
        }
        catch
        {
            Remove(path, plans);
            throw;
        }
    }

    private static void Remove(string path, IReadOnlyList<BlockPlan> plans)
    {
        foreach (var file in plans.Select(plan => Path.Combine(path, plan.FileName))) Guarded(file, () => File.Delete(file));
    }

    private static void Allocate(string path, IReadOnlyList<BlockPlan> plans)
    {
        var needed = plans.Sum(plan => plan.FileBytes);
        var disk = new DriveInfo(path);
        var free = disk.AvailableFreeSpace;

        // Some file systems do not say how large they are.
        if (free < needed && disk.TotalSize > 0) throw TooSmall(path, needed, free);
        foreach (var plan in plans)
        {
            var file = Path.Combine(path, plan.FileName);
            Guarded(file, () =>
            {
                try
                {
                    using var handle = File.OpenHandle(file, FileMode.CreateNew, FileAccess.Write, preallocationSize: plan.FileBytes);
                    RandomAccess.SetLength(handle, plan.FileBytes);
                }
                catch (IOException e) when (e is not DirectoryNotFoundException && disk.AvailableFreeSpace < plan.FileBytes)
                {
                    // The file systems' own needs, or another program, took what was free just now.
                    throw TooSmall(path, needed, free, e);
                }
            });
        }

        DurableFile.SyncDirectory(path);
    }

    private static RunFailedException TooSmall(string path, long needed, long free, Exception? inner = null) => new(
        $"the blocks in '{path}' need {needed:N0} bytes more, and {free:N0} are free there; " +
        "free space, or choose a directory on another disk", inner!);

    private static void Guarded(string file, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(file, e);
        }
    }
}

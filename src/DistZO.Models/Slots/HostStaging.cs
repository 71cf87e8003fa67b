using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// Host memory through which blocks of a slow store go to be folded there: read ahead on one stream, and written back on another. Its
/// places take turns; one is filled again once its block is folded, or written. Calls come from one thread at a time.
/// </summary>
/// <remarks>A read needs no commit, other than what follows it: so reads go on across the end of a step.</remarks>
internal sealed class HostStaging : IDisposable
{
    private readonly DeviceStream _read;
    private readonly DeviceStream _writeBack;
    private readonly Place[] _places;
    private int _next;

    /// <param name="device">Makes the streams.</param>
    /// <param name="blocks">All that go through it.</param>
    /// <param name="trace">Takes spans; may be null.</param>
    public HostStaging(Device device, IReadOnlyList<StreamedBlock> blocks, ITraceSink? trace)
    {
        var bytes = blocks.Max(block => block.Layout.Bytes);
        _places = [.. Enumerable.Range(0, Math.Min(Offloading.DefaultBuffers, blocks.Count)).Select(i => new Place(new HostBlock($"place {i}", bytes, bytes)))];
        _read = device.CreateHostStream(new StreamOptions(ReadTrack, null, trace));
        _writeBack = device.CreateHostStream(new StreamOptions(WriteTrack, null, trace));
    }

    /// <summary>The track of reading.</summary>
    public const string ReadTrack = "host read";

    /// <summary>The track of writing.</summary>
    public const string WriteTrack = "host write";

    /// <summary>Blocks that have room at once.</summary>
    public int Count => _places.Length;

    public IEnumerable<DeviceStream> Streams => [_read, _writeBack];

    /// <summary>Reads a block, as it is once all that was queued is written.</summary>
    /// <returns>Where it will be; valid until as many others are fetched as there are places.</returns>
    public Place Fetch(StreamedBlock block)
    {
        var place = _places[_next++ % _places.Length];
        if (place.Free is { } free) _read.Wait(free);
        if (block.Written is { } written) _read.Wait(written);
        _read.Copy(block.Stored, place.Memory, block.Layout.Bytes);
        (place.Step, place.Ready, place.Free) = (block.Step, _read.Record(), null);
        return place;
    }

    /// <summary>Writes a block back that is folded in its place.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="folded">Happens when it is folded.</param>
    /// <param name="block">Gets the new version.</param>
    /// <param name="version">Which.</param>
    public void Write(Place place, DeviceEvent folded, StreamedBlock block, StoredVersion version)
    {
        _writeBack.Wait(folded);
        _writeBack.Copy(place.Memory, block.Stored, block.Layout.TrainedBytes);
        _writeBack.Commit(block.Stored, version);
        place.Free = block.Written = _writeBack.Record();
        block.Step = version.Step;
    }

    public void Dispose()
    {
        foreach (var stream in Streams) stream.Dispose();
        foreach (var place in _places) place.Memory.Dispose();
    }

    /// <summary>Memory for a block at a time.</summary>
    internal sealed class Place(HostBlock memory)
    {
        public HostBlock Memory => memory;

        /// <summary>The step that what was read is folded up to.</summary>
        public int Step { get; set; }

        /// <summary>Happens when it is there.</summary>
        public DeviceEvent? Ready { get; set; }

        /// <summary>Happens when it may be filled again; null at the beginning.</summary>
        public DeviceEvent? Free { get; set; }
    }
}

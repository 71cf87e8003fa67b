using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>A probe as kernels read it.</summary>
internal readonly record struct DeviceProbe(ulong Seed, float Scale, int Perturbed);

/// <summary>A commit as kernels read it: directions [First, First + Count); none for a skipped step.</summary>
internal readonly record struct DeviceUpdate(float Decay, int First, int Count, int Unused);

/// <summary>A direction of a commit as kernels read it.</summary>
internal readonly record struct DeviceDirection(ulong Seed, float Coefficient, int Unused);

/// <summary>A tile of a sequence's queries.</summary>
internal readonly record struct QueryTile(int Sequence, int First);

/// <summary>The commits that a parameter lacks, in device memory.</summary>
/// <param name="Updates">As <see cref="DeviceUpdate"/>.</param>
/// <param name="Count">How many.</param>
/// <param name="Directions">Of all of them.</param>
/// <param name="ChangesWeights">Whether one of them is no skipped step.</param>
internal readonly record struct PendingUpdates(CUdeviceptr Updates, int Count, CUdeviceptr Directions, bool ChangesWeights);

/// <summary>
/// The small tables that kernels of one stream read: probes, pending commits, sequences, rows. Each is uploaded in the order of the stream, so
/// one that takes the place of another is never seen too early; those that many kernels of a pass share are uploaded once.
/// </summary>
internal sealed class PassData(CudaPool pool, CUstream stream) : IDisposable
{
    private readonly Workspace _probes = new(pool, stream);
    private readonly Workspace _updates = new(pool, stream);
    private readonly Workspace _directions = new(pool, stream);
    private readonly Workspace _sequences = new(pool, stream);
    private readonly Workspace _tiles = new(pool, stream);
    private readonly Workspace _rows = new(pool, stream);
    private readonly Workspace _otherRows = new(pool, stream);
    // What was uploaded last: callers use their lists again for other values.
    private DeviceProbe[] _probesOf = [];
    private WeightUpdate[]? _updatesOf;
    private PendingUpdates _pending;
    private TokenSequence[] _sequencesOf = [];
    private int _tileCount;
    private int _tileQueries;

    /// <summary>The probes of a pass.</summary>
    public CUdeviceptr Probes(IReadOnlyList<Probe> probes)
    {
        if (_probesOf.Length == probes.Count)
        {
            var i = 0;
            while (i < probes.Count && _probesOf[i] == Of(probes[i])) i++;
            if (i == probes.Count) return _probes.Get(0);
        }

        _probesOf = [.. probes.Select(Of)];
        return Put<DeviceProbe>(_probes, _probesOf);

        static DeviceProbe Of(Probe probe) => new(probe.Seed, probe.Scale, probe.Perturbed ? 1 : 0);
    }

    /// <summary>Commits in order.</summary>
    public PendingUpdates Pending(ReadOnlySpan<WeightUpdate> updates)
    {
        // The same objects are the same commits.
        if (_updatesOf is not null && updates.SequenceEqual(_updatesOf, ReferenceEqualityComparer.Instance)) return _pending;
        _updatesOf = updates.ToArray();
        List<DeviceDirection> directions = [];
        List<DeviceUpdate> table = [];
        foreach (var update in updates)
        {
            table.Add(new DeviceUpdate(update.Decay, directions.Count, update.Directions.Length, 0));
            foreach (var direction in update.Directions) directions.Add(new DeviceDirection(direction.Seed, direction.Coefficient, 0));
        }

        return _pending = new PendingUpdates(
            Put<DeviceUpdate>(_updates, CollectionsMarshal.AsSpan(table)), table.Count, Put<DeviceDirection>(_directions, CollectionsMarshal.AsSpan(directions)), directions.Count > 0);
    }

    /// <summary>The sequences of a pass, and tiles of so many queries that cover them.</summary>
    public (CUdeviceptr Sequences, CUdeviceptr Tiles, int TileCount) Tiles(IReadOnlyList<TokenSequence> sequences, int queries)
    {
        if (queries != _tileQueries || !sequences.SequenceEqual(_sequencesOf))
        {
            (_sequencesOf, _tileQueries) = ([.. sequences], queries);
            List<QueryTile> tiles = [];
            var table = new int[sequences.Count * 5];
            for (var i = 0; i < sequences.Count; i++)
            {
                var sequence = sequences[i];
                new[] { sequence.Start, sequence.Length, sequence.PrefixStart, sequence.PrefixLength, sequence.KeyStart }.CopyTo(table, i * 5);
                for (var first = 0; first < sequence.Length; first += queries) tiles.Add(new QueryTile(i, first));
            }

            Put<int>(_sequences, table);
            Put<QueryTile>(_tiles, CollectionsMarshal.AsSpan(tiles));
            _tileCount = tiles.Count;
        }

        return (_sequences.Get(0), _tiles.Get(0), _tileCount);
    }

    /// <summary>Row numbers for the next kernel.</summary>
    public CUdeviceptr Rows(ReadOnlySpan<int> rows) => Put(_rows, rows);

    /// <summary>A second list of numbers beside <see cref="Rows"/>.</summary>
    public CUdeviceptr OtherRows(ReadOnlySpan<int> rows) => Put(_otherRows, rows);

    public void Dispose()
    {
        foreach (var memory in (Workspace[])[_probes, _updates, _directions, _sequences, _tiles, _rows, _otherRows]) memory.Dispose();
    }

    private CUdeviceptr Put<T>(Workspace memory, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = (long)values.Length * Unsafe.SizeOf<T>();
        var pointer = memory.Get(Math.Max(1, bytes));
        pool.Context.Upload(MemoryMarshal.AsBytes(values), pointer, stream, "upload a table");
        return pointer;
    }
}

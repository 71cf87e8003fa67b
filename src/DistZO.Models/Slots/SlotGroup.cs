using DistZO.Devices;

namespace DistZO.Models;

/// <summary>How the slots of a node share the blocks that they stream.</summary>
internal enum SlotSlicing
{
    /// <summary>Each uploads whole blocks; the first one writes them back.</summary>
    Whole,

    /// <summary>Each uploads, folds and writes back its slice, and copies those of the others.</summary>
    Sliced,

    /// <summary>Each keeps its slice in its own memory, and copies those of the others.</summary>
    Sharded,
}

/// <summary>
/// The slots of a node that make passes over the same stored blocks together. Between such passes the first one may visit blocks alone;
/// whenever that changes, all that is queued is waited for and what the buffers hold is forgotten.
/// </summary>
/// <param name="network">The links of the slots.</param>
/// <param name="devices">Theirs, in their order.</param>
/// <param name="slicing">How they share blocks.</param>
/// <param name="foldsOnHost">Whether the host folds commits into the blocks that these passes bring.</param>
internal sealed class SlotGroup(SlotNetwork network, IReadOnlyList<Device> devices, SlotSlicing slicing, bool foldsOnHost = false) : IDisposable
{
    private readonly List<SlotStream> _members = [];
    private readonly Dictionary<string, (BlockSlice[] Slices, long[] Bounds, StoredBlock Commit)> _blocks = [];
    private bool _isPrepared;

    public SlotNetwork Network => network;

    public SlotSlicing Slicing => slicing;

    public IReadOnlyList<Device> Devices => devices;

    /// <summary>Whether the host folds. Slots that keep slices fold these themselves.</summary>
    public bool FoldsOnHost => foldsOnHost && slicing != SlotSlicing.Sharded;

    /// <summary>Whether slots write blocks back that these passes have folded.</summary>
    public bool WritesBack => slicing != SlotSlicing.Sharded && !foldsOnHost;

    /// <summary>What prepares blocks where the host folds; null where it does not.</summary>
    public HostFold? Host { get; private set; }

    public SlotBoard Board { get; private set; } = null!;

    /// <summary>When blocks are written back; that of the first slot.</summary>
    public WriteBackPolicy Policy { get; private set; } = null!;

    /// <summary>As <see cref="IBlockVisits.ChainAt"/>.</summary>
    public Func<int, ulong> ChainAt { get; set; } = _ => 0;

    /// <summary>Whether passes of all slots are under way, or may go on.</summary>
    public bool IsTogether { get; private set; }

    /// <summary>Slots that write blocks back.</summary>
    public IEnumerable<int> Writers => slicing == SlotSlicing.Whole ? [0] : Enumerable.Range(0, network.Slots);

    /// <summary>The blocks of the first slot's model.</summary>
    public IReadOnlyList<StreamedBlock> Blocks => _members[0].Blocks;

    /// <summary>What the tracks of a slot's streams begin with.</summary>
    public string TrackOf(int slot) => network.Slots == 1 ? "" : $"slot {slot} ";

    /// <summary>What of all that is moved is a slot's.</summary>
    public double ShareOf(int slot) => slicing == SlotSlicing.Whole ? 1 : network.Host(slot).Share / Shares.Sum();

    /// <summary>Memory for blocks that stay in slices on the slots.</summary>
    public ShardedBlocks Shard(IEnumerable<BlockLayout> layouts)
    {
        var blocks = new List<StoredBlock>();
        try
        {
            foreach (var layout in layouts) blocks.Add(new ShardedBlock(layout, devices, BlockSlice.Cut(layout.Bytes, Shares)));
        }
        catch
        {
            foreach (var block in blocks) block.Dispose();
            throw;
        }

        return new ShardedBlocks(blocks);
    }

    /// <summary>The stored blocks of the first slot, for another one's model.</summary>
    public BorrowedBlocks Borrow(IEnumerable<BlockLayout> layouts) =>
        new([.. layouts.Select(layout => Blocks.Single(block => block.Layout.Name == layout.Name).Stored)]);

    /// <summary>Adds a slot; they come in their order.</summary>
    /// <param name="member">Its loop.</param>
    /// <param name="policy">When blocks are written back, of the first slot.</param>
    /// <param name="trace">Takes spans; may be null.</param>
    /// <param name="storeTrace">Takes those of the host's reading and writing of stored blocks; may be null.</param>
    public void Add(SlotStream member, WriteBackPolicy policy, ITraceSink? trace = null, ITraceSink? storeTrace = null)
    {
        _members.Add(member);
        if (_members.Count > 1) return;
        Policy = policy;
        Board = new SlotBoard(network.Slots, kept: 4 * (member.Blocks.Count + Offloading.DefaultBuffers));
        if (FoldsOnHost) Host = new HostFold(this, member.Device, member.Blocks, member.Buffers, trace, storeTrace);
        foreach (var block in member.Blocks)
        {
            var slices = BlockSlice.Cut(BytesOf(block), Shares);
            var commit = slicing == SlotSlicing.Whole ? block.Stored : new SharedCommit(block.Stored, network.Slots);
            _blocks.Add(block.Layout.Name, (slices, [0, .. slices.Select(slice => slice.End)], commit));
        }
    }

    public BlockSlice SliceOf(StreamedBlock block, int slot) => _blocks[block.Layout.Name].Slices[slot];

    /// <summary>Bytes of a block that come to each slot.</summary>
    public long BytesOf(StreamedBlock block) => FoldsOnHost ? block.Packed.Bytes : block.Layout.Bytes;

    /// <summary>Where the slices of a block begin, and where the last one ends.</summary>
    public long[] BoundsOf(StreamedBlock block) => _blocks[block.Layout.Name].Bounds;

    public StoredBlock CommitOf(StreamedBlock block) => _blocks[block.Layout.Name].Commit;

    /// <summary>The others, beginning with the next: not all copy from the same one at once.</summary>
    public IEnumerable<int> PeersOf(int slot) => Enumerable.Range(1, network.Slots - 1).Select(i => (slot + i) % network.Slots);

    /// <summary>All slots make passes together from here on. Called while none is under way.</summary>
    public void Join()
    {
        if (IsTogether) return;
        AwaitAll();
        Clear();
        IsTogether = true;
        if (network.Collective is null || _isPrepared) return;
        _isPrepared = true;
        foreach (var member in _members) member.Prepare([.. Blocks.Select(block => block.Stored), .. Host?.Stages ?? []]);
    }

    /// <summary>The first slot is alone from here on. Called while no pass is under way, or after it was given up.</summary>
    public void Part()
    {
        if (!IsTogether) return;
        IsTogether = false;
        // A visit whose write-back some have queued: the others have their slices still, or they would have queued it too.
        if (slicing == SlotSlicing.Sliced)
        {
            foreach (var visit in Board.WrittenVisits)
            {
                foreach (var member in _members) member.Complete(visit);
            }
        }

        // So it is with gathers.
        if (network.Collective is not null)
        {
            var most = _members.Max(member => member.Gathered);
            foreach (var member in _members) member.Follow(most);
        }

        AwaitAll();
        if (slicing == SlotSlicing.Sharded) Level();
        Clear();
    }

    /// <summary>Events that happen when all that the first slot's streams have queued is done.</summary>
    public IEnumerable<DeviceEvent> RecordFirst() => _members[0].RecordAll();

    /// <summary>Waits until nothing is under way, whatever has failed.</summary>
    public void Settle()
    {
        foreach (var happened in RecordAll())
        {
            try
            {
                happened.Synchronize();
            }
            catch (RunFailedException)
            {
                // Told to whoever waited for what the stream was to do.
            }
        }
    }

    public void Dispose() => Host?.Dispose();

    private double[] Shares => [.. Enumerable.Range(0, network.Slots).Select(slot => slicing == SlotSlicing.Sharded ? 1 : network.Host(slot).Share)];

    /// <summary>Slices on some slots may be folded further than those on others, where a pass was given up.</summary>
    private void Level()
    {
        var steps = Enumerable.Range(0, Blocks.Count).Select(block => _members.Max(member => member.Blocks[block].Step)).ToList();
        foreach (var member in _members) member.Level(steps);
        AwaitAll();
    }

    /// <summary>Nothing is under way: all begin again with what the first slot knows to be stored.</summary>
    private void Clear()
    {
        foreach (var member in _members)
        {
            for (var block = 0; block < Blocks.Count; block++)
            {
                member.Blocks[block].Step = Blocks[block].Step;
                member.Blocks[block].Depart();
            }

            member.Clear();
        }

        Host?.Clear();
        Board.Clear();
    }

    private List<DeviceEvent> RecordAll() => [.. _members.SelectMany(member => member.RecordAll()), .. Host?.RecordAll() ?? []];

    private void AwaitAll()
    {
        var events = RecordAll();
        foreach (var member in _members)
        {
            foreach (var happened in events) member.Device.Await(happened);
        }
    }
}

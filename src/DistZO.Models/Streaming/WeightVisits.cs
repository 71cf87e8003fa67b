using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The weights of a model, wherever they are: brings them to the device block by block, for kernels and for whoever reads, folds or
/// replaces them.
/// </summary>
/// <param name="device">Where they are computed with; must outlive this.</param>
/// <param name="parameters">All of them; owned.</param>
/// <param name="streamed">Brings those that do not stay on the device; owned; null where all stay.</param>
/// <param name="kept">Those that stay and are stored too; owned; null for none.</param>
/// <param name="store">Where both are stored; owned; null for nowhere.</param>
internal sealed class WeightVisits(
    Device device, IReadOnlyList<Parameter> parameters, IBlockVisits? streamed, KeptBlocks? kept, IBlockStore? store) : IDisposable
{
    private Func<int, ulong> _chainAt = _ => 0;
    private int _moved;

    /// <summary>Brings the parts of layers that do not stay on the device; null where all stay.</summary>
    public IBlockVisits? Streamed => streamed;

    /// <summary>Whether weights are stored outside of the device, so that the next start finds them.</summary>
    public bool AreStored => kept is not null;

    /// <summary>How often other weights were put in the place of those that were there.</summary>
    public int Replacements { get; private set; }

    /// <summary>As <see cref="Model.Recall"/>.</summary>
    public Recalled Recall(Func<StoredVersion, bool> belongs)
    {
        List<StreamedBlock> stored = [.. streamed?.Blocks ?? [], .. kept?.Blocks ?? []];
        var (all, steps) = (true, stored.Sum(block => (long)block.Step));
        foreach (var block in stored) all &= block.Recall(belongs);
        // Only back: each is where it was, or before.
        if (stored.Sum(block => (long)block.Step) == steps) return all ? Recalled.Newest : Recalled.Nothing;
        foreach (var block in streamed?.Blocks ?? []) block.Depart();
        kept?.Load();
        return all ? Recalled.Older : Recalled.Nothing;
    }

    /// <summary>As <see cref="Model.Follow"/>.</summary>
    public void Follow(Func<int, ulong> chainAt)
    {
        _chainAt = chainAt;
        if (streamed is not null) streamed.ChainAt = chainAt;
    }

    /// <summary>A pass begins, which sees the weights at a step.</summary>
    public void Begin(UpdateHistory updates, int step)
    {
        kept?.Begin();
        streamed?.Begin(updates, step);
    }

    /// <summary>A pass is over.</summary>
    public void End() => kept?.End(WriteBackPolicy.Most, _chainAt);

    /// <summary>Visits a streamed block. If that fails, what it left on the device is worth nothing.</summary>
    /// <param name="block">Its number.</param>
    /// <param name="write">What becomes of its weights.</param>
    /// <param name="action">Called while it is on the device.</param>
    public void Visit(int block, WriteBack write, Action action)
    {
        streamed!.Enter(block);
        try
        {
            action();
        }
        catch
        {
            streamed.Abandon(block);
            throw;
        }

        streamed.Leave(block, write);
    }

    /// <summary>As <see cref="Model.Walk"/>.</summary>
    public void Walk(UpdateHistory updates, int step, Action? beforeBlock)
    {
        if (streamed is null) return;
        streamed.Begin(updates, step);
        for (var block = 0; block < streamed.Blocks.Count; block++)
        {
            beforeBlock?.Invoke();
            Visit(block, WriteBack.WhenDue, () => { });
        }
    }

    /// <summary>As <see cref="Model.MoveWithoutComputing"/>.</summary>
    public void MoveWithoutComputing()
    {
        _moved = Math.Max(_moved, streamed!.Blocks.Max(block => block.Step)) + 1;
        for (var i = 0; i < streamed.Blocks.Count; i++)
        {
            var block = streamed.Blocks[i];
            Visit(i, WriteBack.WhenDue, () =>
            {
                foreach (var (parameter, _) in block.Layout.Entries) parameter.FoldedTo = _moved;
            });
        }
    }

    /// <summary>Brings every parameter to the device once, block by block.</summary>
    /// <param name="write">What becomes of the weights of blocks that do not stay.</param>
    /// <param name="action">Called with each parameter, while it is on the device.</param>
    public void Each(WriteBack write, Action<Parameter> action)
    {
        if (write == WriteBack.Always) Replacements++;
        EachResident(write, action);
        for (var i = 0; i < (streamed?.Blocks.Count ?? 0); i++)
        {
            var block = streamed!.Blocks[i];
            Visit(i, write, () =>
            {
                foreach (var (parameter, _) in block.Layout.Entries) action(parameter);
            });
        }
    }

    /// <summary>As <see cref="Model.Fold"/>.</summary>
    public void Fold(UpdateHistory updates, int step)
    {
        if (streamed?.TryFold(updates, step) == true) EachResident(WriteBack.IfFolded, Fold);
        else Each(WriteBack.IfFolded, Fold);

        void Fold(Parameter parameter) => device.Fold(parameter, updates, step);
    }

    /// <summary>As <see cref="Model.Digest"/>.</summary>
    public UInt128 Digest()
    {
        UInt128 sum = 0;
        Each(WriteBack.IfFolded, parameter => sum += device.Digest(parameter));
        return sum;
    }

    /// <summary>As <see cref="Model.Read"/>.</summary>
    public void Read(Parameter parameter, long offset, Span<byte> destination)
    {
        if (parameter.IsBound)
        {
            device.Download(parameter.Storage, offset, destination);
            return;
        }

        var (block, at) = streamed!.Find(parameter);
        streamed.Settle();
        block.Stored.Read(at + offset, destination);
    }

    /// <summary>As <see cref="Model.Replace"/>.</summary>
    public void Replace(int step, Model.ParameterReader read)
    {
        var buffer = new byte[1 << 20];
        Each(WriteBack.Always, parameter =>
        {
            if (!parameter.Trainable) return;
            var bytes = BlockLayout.BytesOf(parameter);
            for (long at = 0; at < bytes; at += buffer.Length)
            {
                var chunk = buffer.AsSpan(0, (int)Math.Min(buffer.Length, bytes - at));
                read(parameter, at, chunk);
                device.Upload(chunk, parameter.Storage, at);
            }

            parameter.FoldedTo = step;
        });
    }

    public void Dispose()
    {
        streamed?.Dispose();
        kept?.Dispose();
        store?.Dispose();
        foreach (var parameter in parameters) parameter.Dispose();
    }

    private void EachResident(WriteBack write, Action<Parameter> action)
    {
        kept?.Begin();
        foreach (var parameter in parameters)
        {
            if (parameter.IsBound) action(parameter);
        }

        kept?.End(write == WriteBack.Always ? 0 : 1, _chainAt);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using DistZO.Devices.Cpu.Perturbation;
using DistZO.Devices.Cpu.Weights;

namespace DistZO.Devices.Cpu;

/// <summary>
/// How kernels see a parameter in one pass: ranges of its flat index are folded to the pass's step and then read through its probes.
/// z lives in registers only.
/// </summary>
[SkipLocalsInit]
internal unsafe struct WeightView
{
    private const int CacheLine = 64;
    private const int RoundedAtOnce = 512;

    /// <summary>Elements that groups may reach beyond a range.</summary>
    public const int ScratchElements = 2 * TransferRounding.Group;

    private readonly Parameter _parameter;
    private readonly byte* _theta;
    private readonly IReadOnlyList<Probe> _probes;
    private readonly TransferType? _rounding;

    public WeightView(Parameter parameter, Pass pass)
    {
        _parameter = parameter;
        _theta = ((HostMemory)parameter.Storage).Pointer;
        _probes = pass.Probes;
        _rounding = pass.IsRounded || parameter.IsPacked ? parameter.Transfer : null;
        Updates = pass.Updates;
        From = parameter.FoldedTo;
        To = pass.Step;
        if (From > To) throw new InvalidOperationException($"'{parameter.Name}' is already folded to step {From}, past {To}.");
    }

    private UpdateHistory Updates { get; }

    private int From { get; }

    private int To { get; }

    /// <summary>Stored weights are behind the pass's step.</summary>
    public readonly bool IsBehind => _parameter.Trainable && From < To;

    /// <summary>Probes that share one z with the probe <paramref name="first"/>, itself included: 1 or 2.</summary>
    public readonly int GroupSize(int first) =>
        _probes[first].Perturbed && _parameter.Trainable && first + 1 < _probes.Count && _probes[first + 1].Perturbed
        && _probes[first + 1].Seed == _probes[first].Seed ? 2 : 1;

    /// <summary>
    /// Probes that are served by one visit of a range, from <paramref name="first"/> on: those that share a z, or all that are left where
    /// the weights are frozen and so the same for each.
    /// </summary>
    /// <param name="first">A probe.</param>
    /// <param name="panels">How many different values of a weight they see: 1 or 2. Probe first + i sees number min(i, panels − 1).</param>
    public readonly int GroupSize(int first, out int panels)
    {
        panels = GroupSize(first);
        return _parameter.Trainable ? panels : _probes.Count - first;
    }

    /// <summary>Asks for a range that will be read soon.</summary>
    public readonly void Prefetch(long start, int count)
    {
        if (!Sse.IsSupported || _parameter.IsPacked) return;
        var size = _parameter.Type.Size();
        var at = _theta + (start * size);
        for (var end = at + (count * size); at < end; at += CacheLine) Sse.Prefetch0(at);
    }

    /// <summary>Folds the pending updates into the stored weights of a range. Every range exactly once a visit.</summary>
    public readonly void Fold(long start, int count)
    {
        if (IsBehind) FoldKernel.Apply(_theta, _parameter.Type, (uint)_parameter.Ordinal, _parameter.Role.Decays(), start, count, Updates.Between(From, To));
    }

    /// <summary>Reads a folded range as probe <paramref name="first"/> sees it, and if <paramref name="second"/> is not null as the
    /// next probe of the same direction sees it.</summary>
    public readonly void Read(long start, int count, int first, float* y, float* second) =>
        ReadFrom(_theta, start, count, first, y, second);

    /// <summary>As <see cref="Read"/> for a range whose stored weights stay as they are: a copy in <paramref name="scratch"/>
    /// (count elements, and <see cref="ScratchElements"/> more) is folded and read.</summary>
    public readonly void ReadUnfolded(long start, int count, int first, float* y, float* second, float* scratch)
    {
        if (!IsBehind)
        {
            Read(start, count, first, y, second);
            return;
        }

        // A group is rounded as a whole, and may begin before the range.
        var begin = _rounding is null ? start : start & -TransferRounding.Group;
        var folded = (int)((_rounding is null ? start + count : EndOfGroup(start + count)) - begin);
        var size = _parameter.Type.Size();
        Buffer.MemoryCopy(_theta + (begin * size), scratch, (long)folded * size, (long)folded * size);
        var shifted = (byte*)scratch - (begin * size);
        FoldKernel.Apply(shifted, _parameter.Type, (uint)_parameter.Ordinal, _parameter.Role.Decays(), begin, folded, Updates.Between(From, To));
        ReadFrom(shifted, start, count, first, y, second);
    }

    /// <summary>The visit is over: the stored weights are at the pass's step.</summary>
    public readonly void Done() => _parameter.FoldedTo = To;

    private readonly void ReadFrom(byte* theta, long start, int count, int first, float* y, float* second)
    {
        if (_rounding is null) ReadAs(theta, _parameter.Type, start, count, first, y, second);
        else ReadRounded(theta, start, count, first, y, second);
    }

    /// <summary>Rounds pieces of whole groups into a buffer that stays in the first-level cache, and reads them there.</summary>
    private readonly void ReadRounded(byte* theta, long start, int count, int first, float* y, float* second)
    {
        var buffer = stackalloc float[RoundedAtOnce];
        var end = start + count;
        for (var at = start; at < end;)
        {
            var begin = at & -TransferRounding.Group;
            var next = Math.Min(end, begin + RoundedAtOnce);
            var rounded = (int)(EndOfGroup(next) - begin);
            if (_parameter.IsPacked) TransferKernel.Unpack(theta, _rounding!.Value, _parameter.Length, begin, rounded, buffer);
            else TransferKernel.Round(theta, _parameter.Type, _rounding!.Value, begin, rounded, buffer);
            ReadAs((byte*)(buffer - begin), WeightType.Float32, at, (int)(next - at), first, y + (at - start), second is null ? null : second + (at - start));
            at = next;
        }
    }

    private readonly void ReadAs(byte* theta, WeightType type, long start, int count, int first, float* y, float* second)
    {
        var probe = _probes[first];
        var ordinal = (uint)_parameter.Ordinal;
        if (!probe.Perturbed || !_parameter.Trainable) PerturbKernel.Plain(theta, type, start, count, y);
        else if (second is null) PerturbKernel.One(theta, type, ordinal, start, count, probe.Seed, probe.Scale, y);
        else PerturbKernel.Pair(theta, type, ordinal, start, count, probe.Seed, probe.Scale, y, _probes[first + 1].Scale, second);
    }

    private readonly long EndOfGroup(long end) => Math.Min(_parameter.Length, (end + TransferRounding.Group - 1) & -TransferRounding.Group);
}

using System.Runtime.ExceptionServices;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Loads the model of a slot.</summary>
/// <param name="device">The slot's.</param>
/// <param name="offloading">What does not stay on it.</param>
/// <param name="initial">What added tensors start from; null to make it.</param>
public delegate Model SlotModelLoader(Device device, Offloading? offloading, InitialValues? initial);

/// <summary>
/// The model of a run on all device slots of a node. Layers that do not stay on a slot come from what all share; each slot has the rest
/// of its own. The first slot's model is what evaluation, digests and export see; the others follow it.
/// </summary>
public sealed class ModelSlots : IDisposable
{
    private readonly List<Model> _models = [];
    private readonly int[] _replacements;
    private readonly SlotGroup? _group;

    private ModelSlots(SlotGroup? group, int slots)
    {
        _group = group;
        _replacements = [.. Enumerable.Repeat(-1, slots)];
    }

    /// <summary>By slot.</summary>
    public IReadOnlyList<Model> Models => _models;

    /// <summary>Whether steps go through <see cref="Run"/>: there are several slots, or the host folds for one.</summary>
    public bool AreShared => _models.Count > 1 || _group is not null;

    /// <summary>Loads the models of all slots; whatever was made is freed when something fails.</summary>
    /// <param name="devices">By slot; must outlive this.</param>
    /// <param name="network">The links between them.</param>
    /// <param name="offloading">What does not stay on a slot; null for nothing.</param>
    /// <param name="load">Loads the model of one.</param>
    public static ModelSlots Load(IReadOnlyList<Device> devices, SlotNetwork network, Offloading? offloading, SlotModelLoader load)
    {
        if (network.Slots != devices.Count) throw new ArgumentException("each slot has a device", nameof(devices));
        var slicing = offloading is { IsSharded: true } ? SlotSlicing.Sharded : network.HasFabric ? SlotSlicing.Sliced : SlotSlicing.Whole;
        if (slicing == SlotSlicing.Sharded && !network.HasFabric) throw new ArgumentException("without a fabric no slot can have slices of its own", nameof(network));
        var group = offloading is null || (devices.Count == 1 && !offloading.FoldsOnHost) ? null : new SlotGroup(network, devices, slicing, offloading.FoldsOnHost);
        var slots = new ModelSlots(group, devices.Count);
        try
        {
            for (var slot = 0; slot < devices.Count; slot++)
            {
                var own = offloading;
                if (own is not null)
                {
                    own = own with { UploadLink = network.Host(slot).Up ?? own.UploadLink, WriteBackLink = network.Host(slot).Down ?? own.WriteBackLink };
                    if (group is not null) own = own with { Slot = new SlotPlace(group, slot) };
                    if (slot > 0) own = own with { Open = (layouts, _) => group!.Borrow(layouts), StoresAll = false };
                }

                slots._models.Add(load(devices[slot], own, slot == 0 ? null : slots._models[0].Initial));
            }
        }
        catch
        {
            slots.Dispose();
            throw;
        }

        return slots;
    }

    /// <summary>
    /// Lets all slots make passes over the same layers at once, each on a thread of its own, the first one on the caller's. All make as many.
    /// </summary>
    /// <param name="work">Called with each slot's number. What the first that fails throws is thrown, once all have stopped.</param>
    public void Run(Action<int> work)
    {
        _group?.Join();
        for (var slot = 1; slot < _models.Count; slot++) Follow(slot);
        SetTogether(true);
        var failures = new Exception?[_models.Count];
        var threads = Enumerable.Range(1, _models.Count - 1).Select(Start).ToList();
        One(0);
        var began = TraceClock.Now;
        foreach (var thread in threads) thread.Join();
        _models[0].Waited(Model.OtherSlots, began);
        SetTogether(false);
        if (failures.FirstOrDefault(failure => failure is not (null or SlotsStoppedException)) is { } failed)
        {
            _group?.Part();
            ExceptionDispatchInfo.Throw(failed);
        }

        // Only after a failure of which the caller was told before.
        if (Array.Find(failures, failure => failure is not null) is { } stopped) throw new RunFailedException(stopped.Message, stopped);

        Thread Start(int slot)
        {
            var thread = new Thread(() => One(slot)) { IsBackground = true, Name = $"distzo-slot-{slot}" };
            thread.Start();
            return thread;
        }

        void One(int slot)
        {
            try
            {
                work(slot);
            }
            catch (Exception e)
            {
                failures[slot] = e;
                _group?.Board.Fail(e);
            }
        }
    }

    /// <summary>The part of a slot without work in a pass of the others.</summary>
    /// <param name="slot">Which.</param>
    /// <param name="updates">As <see cref="Pass.Updates"/>.</param>
    /// <param name="step">As <see cref="Pass.Step"/>.</param>
    /// <param name="beforeBlock">As <see cref="Pass.BeforeBlock"/>.</param>
    public void Walk(int slot, UpdateHistory updates, int step, Action? beforeBlock) => _models[slot].Walk(updates, step, beforeBlock);

    public void Dispose()
    {
        // A slot may still copy from another's memory.
        _group?.Settle();
        for (var slot = _models.Count - 1; slot >= 0; slot--) _models[slot].Dispose();
        _group?.Dispose();
    }

    /// <summary>What stays on a slot folds with its passes, unless the first slot's was replaced.</summary>
    private void Follow(int slot)
    {
        if (_replacements[slot] == _models[0].Replacements) return;
        _replacements[slot] = _models[0].Replacements;
        var piece = new byte[1 << 20];
        foreach (var (from, to) in _models[0].Parameters.Zip(_models[slot].Parameters))
        {
            if (!to.IsBound || !to.Trainable) continue;
            var bytes = BlockLayout.BytesOf(to);
            for (long at = 0; at < bytes; at += piece.Length)
            {
                var part = piece.AsSpan(0, (int)Math.Min(piece.Length, bytes - at));
                _models[0].Device.Download(from.Storage, at, part);
                _models[slot].Device.Upload(part, to.Storage, at);
            }

            to.FoldedTo = from.FoldedTo;
        }
    }

    private void SetTogether(bool isTogether)
    {
        if (_group is null) return;
        foreach (var model in _models) ((SlotVisits)model.Visits!).IsTogether = isTogether;
    }
}

namespace DistZO.Devices;

/// <summary>What a stream is called, and what it runs over.</summary>
/// <param name="Name">For people, and the track of its spans.</param>
/// <param name="Link">Its modelled link; null for as fast as the machine is.</param>
/// <param name="Trace">Takes its spans; null for nobody.</param>
public sealed record StreamOptions(string Name, Link? Link = null, ITraceSink? Trace = null);
